// 79-configuration.mjs: files, drop-ins, environment and command line; what is wrong is named; SIGHUP takes what can be taken

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from './lib/member.mjs';
import { folder, start, startHost, until } from './lib/process.mjs';
import { bearer, makeToken } from './lib/token.mjs';

/** @param {import('node:test').TestContext} t */
async function place(t) {
  const dir = await folder(t);
  const file = join(dir, 'meshbot.conf');
  mkdirSync(`${file}.d`);
  return {
    dir, file,
    write: (/** @type {string} */ text, name = '') => writeFileSync(name ? join(`${file}.d`, name) : file, text),
    run: async (/** @type {string[]} */ args = [], env = {}) => {
      const program = start(t, ['--config', file, ...args], { env });
      return { ...await program.ended, out: program.out, log: program.log };
    },
  };
}

test('the command line wins, then the environment, then drop-ins by their names, then the file', { timeout: 30000 }, async (t) => {
  const { file, write, run } = await place(t);
  write('[meshbot]\nlisten=0\nstore=:memory:\nlog-level=error\nmax-rooms=1\nmax-members=1\n\n[http]\nallow-origin=https://a.example;https://b.example\n');
  write('[meshbot]\nmax-members=2\nmax-rooms=2\n', '10-b.conf');
  write('[meshbot]\nmax-members=3\n[http]\nallow-origin=https://c.example\n', '20-a.conf');
  write('[meshbot]\nmax-members=9\n', '30.conf.off');
  write('[meshbot]\nroom=x\ntoken=very-secret\nname=Bob\n[ice]\nturn=turn:a.example\n', '40.conf');
  const env = { MESHBOT_MAX_CONNECTIONS: '77', MESHBOT_LOG_LEVEL: 'info', MESHBOT_ICE_SERVER: 'stun:a;turn:user:pass-word@b:3478', MESHBOT_NAME: '' };
  const { out, code, log } = await run(['--print-config', '--log-level', 'notice', '--ice-turn-secret-file', '/dev/null'], env).then(async (first) =>
    first.code === 2 ? (writeFileSync(`${file}.secret`, 'turn-secret\n', { mode: 0o600 }), run(['--print-config', '--log-level', 'notice', '--ice-turn-secret-file', `${file}.secret`], env)) : first);
  assert.equal(code, 0, log);
  const lines = out.split('\n');
  /** @param {string} name */
  const at = (name) => {
    const index = lines.findIndex((line) => line.startsWith(`${name}=`));
    return [lines[index]?.slice(name.length + 1), lines[index - 1]];
  };
  assert.deepEqual(at('max-rooms'), ['2', `# ${file}.d/10-b.conf:3: [meshbot] max-rooms`]);
  assert.deepEqual(at('max-members'), ['3', `# ${file}.d/20-a.conf:2: [meshbot] max-members`]);
  assert.deepEqual(at('allow-origin'), ['https://c.example;', `# ${file}.d/20-a.conf:4: [http] allow-origin`]);
  assert.deepEqual(at('max-connections'), ['77', '# $MESHBOT_MAX_CONNECTIONS']);
  assert.deepEqual(at('log-level'), ['notice', '# --log-level']);
  assert.equal(at('token')[0], '***');
  assert.equal(at('ice-server')[0], 'stun:a;turn:***@b:3478;');
  assert.doesNotMatch(out, /very-secret|pass-word|turn-secret\n/);
  writeFileSync(`${file}.again`, out.replace(/^token=.*$/m, '').replace('***', 'user:pass'));
  const again = start(t, ['--config', `${file}.again`, '--check-config']);
  assert.equal((await again.ended).code, 0, again.log);
  assert.equal(again.out, 'meshbot: the configuration is good\n');
});

test('what is wrong is one line with file, line and key, and status 2', { timeout: 60000 }, async (t) => {
  const { dir, file, write, run } = await place(t);
  const lone = join(dir, 'lone');
  writeFileSync(lone, 'short', { mode: 0o600 });
  const one = 'listen=0\nstore=:memory:\n';
  /** @type {[string, string, RegExp][]} */
  const wrong = [
    ['', `[meshbot]\n${one}lissen=3\n`, /meshbot\.conf:4: \[meshbot\] lissen: no such key; did you mean listen\?/],
    ['', `[meshbot]\n${one}\n# a comment\nmax-rooms = many\n`, /meshbot\.conf:6: \[meshbot\] max-rooms: 'many' is no whole number/],
    ['', `[meshbot]\n${one}[htpp]\n`, /meshbot\.conf:4: no section \[htpp\]/],
    ['', `[meshbot]\n${one}what is this\n`, /meshbot\.conf:4: .*what is this/],
    ['', 'listen=0\n', /meshbot\.conf:1: /],
    ['', `[meshbot]\n${one}[http]\ntrusted-proxy=10.0.0.1;proxy\n`, /meshbot\.conf:5: \[http\] trusted-proxy: 'proxy' is no address/],
    ['', `[meshbot]\n${one}[auth]\nmode=jwt\nsecret-file=/no/such\n`, /meshbot\.conf:6: \[auth\] secret-file: \/no\/such: No such file or directory/],
    ['', `[meshbot]\n${one}[auth]\nmode=jwt\nsecret-file=${lone}\n`, /lone: a secret has 32 to 4096 bytes/],
    ['', `[meshbot]\n${one}[tls]\ncertificate=${lone}\n`, /lone: there is no certificate/],
    ['', `[meshbot]\n${one}[tls]\nkey=${lone}\n`, /meshbot\.conf:5: \[tls\] key needs --tls-certificate/],
    ['', `[meshbot]\n${one}config=other\n`, /meshbot\.conf:4: \[meshbot\] config: no such key/],
    ['x.conf', '[meshbot]\nmax-members=0\n', /meshbot\.conf\.d\/x\.conf:2: \[meshbot\] max-members: /],
    ['x.conf', '\xff\xfe\n', /x\.conf/],
  ];
  for (const [name, text, says] of wrong) {
    write(`[meshbot]\n${one}`);
    writeFileSync(join(`${file}.d`, 'x.conf'), '');
    if (name)
      writeFileSync(join(`${file}.d`, name), text, 'latin1');
    else
      write(text);
    for (const args of [['--check-config'], []]) {
      const { code, log, out } = await run(args);
      assert.equal(code, 2, `${text}: ${log}`);
      assert.match(log, says);
      assert.equal(log.trim().split('\n').length, 1, log);
      assert.equal(out, '');
    }
  }
  write(`[meshbot]\n${one}`);
  writeFileSync(join(`${file}.d`, 'x.conf'), '');
  assert.equal((await run(['--check-config'])).code, 0);
  const variable = await run([], { MESHBOT_MAX_ROOMS: 'few' });
  assert.equal(variable.code, 2);
  assert.match(variable.log, /^meshbot: \$MESHBOT_MAX_ROOMS: 'few' is no whole number/);
  if (process.getuid?.() !== 0) {
    chmodSync(file, 0);
    const { code, log } = await run();
    assert.equal(code, 2);
    assert.match(log, /meshbot\.conf.*Permission denied/);
  }
  const none = start(t, ['--config', join(dir, 'none')]);
  assert.equal((await none.ended).code, 2);
  assert.match(none.log, /none.*No such file/);
});

test('SIGHUP: keys, origins, limits and levels are taken, the rest is named, and what is wrong changes nothing', { timeout: 60000 }, async (t) => {
  const { dir, file, write } = await place(t);
  const [old, young] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
  const secret = join(dir, 'secret');
  writeFileSync(secret, old, { mode: 0o600 });
  const auth = `[auth]\nmode=jwt\nsecret-file=${secret}\n`;
  write(`[meshbot]\nmax-members=1\nlog-level=notice\n${auth}`);
  const host = await startHost(t, ['--config', file]);
  const status = async (key, headers = {}) => (await fetch(`${host.url}/api/rooms`, { headers: { ...bearer(makeToken({}, { key })), ...headers } })).status;
  const page = { Origin: 'https://app.example' };
  const member = await connect(t, host.url, { auth: { token: makeToken({}, { key: old }) } });
  assert.equal((await member.socket.emitWithAck('join-room', { roomId: 'x', displayName: 'A' })).ok, true);
  assert.equal(await status(old, page), 403);
  const join2 = async () => {
    const other = await connect(t, host.url, { auth: { token: makeToken({}, { key: old }) } });
    return (await other.socket.emitWithAck('join-room', { roomId: 'y', displayName: 'B' })).ok;
  };
  const hup = async (/** @type {RegExp} */ says) => {
    const before = host.log.length;
    host.child.kill('SIGHUP');
    await until(() => says.test(host.log.slice(before)), 5000, () => host.log.slice(before));
    return host.log.slice(before);
  };

  write(`[meshbot]\nmax-members=many\n${auth}[http]\nallow-origin=https://app.example\n`);
  await hup(/not reloaded, everything stays as it was: .*meshbot\.conf:2: \[meshbot\] max-members: /);
  assert.equal(await status(old, page), 403);
  writeFileSync(secret, 'short');
  write(`[meshbot]\nmax-members=1\n${auth}[http]\nallow-origin=https://app.example\n`);
  await hup(/not reloaded, everything stays as it was: .*secret: a secret has 32/);
  assert.equal(await status(old, page), 403);

  writeFileSync(secret, young);
  write(`[meshbot]\nmax-members=2\nlog-level=info\nstore=${join(dir, 'other.db')}\nname=Bob\nroom=x\n${auth}[http]\nallow-origin=https://app.example\n`);
  const said = await hup(/read the files again/);
  assert.match(said, /meshbot\.conf:6: \[meshbot\] room: room has changed, which takes a restart/);
  assert.doesNotMatch(said, /allow-origin|max-members|log-level/);
  assert.equal(await status(young, page), 200);
  assert.equal(await status(old, page), 401);
  assert.equal(member.socket.connected, true, 'who is in stays in');
  await assert.rejects(join2(), /signature is wrong/);
  writeFileSync(secret, old);
  await hup(/read the files again/);
  assert.equal(await join2(), true);
  assert.equal(await join2(), true, 'two members in a new room');
  assert.equal(await join2(), false);
  assert.match(host.log, / info .* joined room y/, 'the level of the log');
  assert.doesNotMatch(readFileSync(`/proc/${host.pid}/cmdline`, 'utf8'), new RegExp(old));
});
