// media.mjs: what ffmpeg and ffprobe say about recordings

import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The recordings below a folder, finished and open ones. @param {string} folder */
export async function recordings(folder) {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => /\.(webm|mkv)(\.part)?$/.test(name)).sort().map((name) => join(folder, name));
}

/**
 * Decodes a file to its end; throws at the first fault. Times are kept as they are: rounded to a frame
 * rate that ffmpeg guesses, two frames of a camera can fall on one another.
 * @param {string} file
 */
export async function decode(file) {
  const { stderr } = await run('ffmpeg', ['-nostdin', '-v', 'error', '-xerror', '-i', file, '-fps_mode', 'passthrough',
    '-enc_time_base', '-1', '-f', 'null', '-']);
  if (stderr)
    throw new Error(`${file}: ${stderr}`);
}

/**
 * The tracks of a file, each with the time of its first and last packet and their count.
 * @param {string} file
 */
export async function tracks(file) {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-of', 'json', '-show_entries',
    'stream=index,codec_type,codec_name:packet=stream_index,pts_time', file], { maxBuffer: 1 << 28 });
  const { streams, packets } = JSON.parse(stdout);
  return streams.map((/** @type {any} */ stream) => {
    const times = packets.filter((/** @type {any} */ each) => each.stream_index === stream.index)
      .map((/** @type {any} */ each) => Number(each.pts_time));
    return { kind: stream.codec_type, codec: stream.codec_name, packets: times.length,
      from: Math.min(...times), to: Math.max(...times) };
  });
}

/**
 * How many frames of a file's video a decoder makes pictures of; those with faults do not count.
 * @param {string} file
 */
export async function countFrames(file) {
  const { stdout } = await run('ffprobe', ['-v', 'quiet', '-err_detect', 'explode', '-count_frames', '-select_streams', 'v:0',
    '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', file]);
  return Number(stdout);
}

/**
 * The sizes of a file's frames, each once, as decoded.
 * @param {string} file
 */
export async function frameSizes(file) {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'frame=width,height',
    '-of', 'csv=p=0:s=x', file], { maxBuffer: 1 << 26 });
  return [...new Set(stdout.split('\n').map((line) => line.replace(/x$/, '')).filter(Boolean))];
}
