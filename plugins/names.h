/* names.h: names of our elements, their properties and messages, and the port RTP goes through
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All that src/ and plugins/ know of each other. Header-only, since neither links the other.
 */
#pragma once

#include <gst/gst.h>

/* mbrtpsink: the RTP that reaches its `sink` pad goes into a port.
 *   MB_PROP_FEED           (MbRtpPort *, read and write, changes while playing): where to; the element holds a
 *                          reference. NULL drops.
 *   MB_ACTION_REQUEST_KEY_FRAME   action signal without arguments: sends GstForceKeyUnit upstream. Thread: any.
 *   MB_MESSAGE_RTP_CAPS    posted for each caps event: { caps: GstCaps }. */
#define MB_ELEMENT_RTP_SINK "mbrtpsink"
#define MB_ACTION_REQUEST_KEY_FRAME "request-key-frame"
#define MB_MESSAGE_RTP_CAPS "mb-rtp-caps"

/* mbrtpsrc: what is pushed into its port comes out of its `src` pad.
 *   MB_PROP_FEED           (MbRtpPort *, read-only): the port. g_object_get() gives no reference: take one with
 *                          mb_rtp_port_ref() while the element lives. It outlives the element, and then drops.
 *   MB_PROP_CAPS           (GstCaps, application/x-rtp…, changes while playing)
 *   MB_PROP_DROPPED        (guint64, read-only): packets that did not fit
 *   MB_PROP_ACCOUNT        (GstStructure, read-only): { packets: guint64, that came; lost: guint64, missing between them;
 *                          gaps: array of guint64, the PTS before and after each gap, in pairs }
 *   MB_PROP_AUDIO_LEVEL_ID (guint, changes while playing): the header extension that says how loud a packet is (RFC 6464); 0 is none
 *   MB_PROP_LOUDNESS       (int, read-only): dB below the loudest there can be, of the last third of a second, or
 *                          MB_LOUDNESS_UNKNOWN
 *   MB_MESSAGE_RTP_LOST    at most once a second where packets are missing: { packets: guint64, since the last message;
 *                          pts: guint64, of the first packet after them }
 *   MB_MESSAGE_RTP_DROPPED posted at most once a second while packets are dropped: { packets: guint64, the total }
 *   MB_MESSAGE_KEY_FRAME_WANTED   posted for a GstForceKeyUnit from downstream, at most one per 500 ms: { }
 * Once its port is told mb_rtp_port_end() it sends what is left and then the end of the stream; GST_EVENT_EOS
 * (gst_element_send_event() on the pipeline) does that at once, without what is left. */
#define MB_ELEMENT_RTP_SRC "mbrtpsrc"
#define MB_PROP_FEED "feed"
#define MB_PROP_CAPS "caps"
#define MB_PROP_DROPPED "dropped"
#define MB_PROP_ACCOUNT "account"
#define MB_PROP_AUDIO_LEVEL_ID "audio-level-id"
#define MB_PROP_LOUDNESS "loudness"
#define MB_LOUDNESS_UNKNOWN (-128)
#define MB_MESSAGE_RTP_LOST "mb-rtp-lost"
#define MB_MESSAGE_RTP_DROPPED "mb-rtp-dropped"
#define MB_MESSAGE_KEY_FRAME_WANTED "mb-key-frame-wanted"

/* mbwriter: encoded frames into one file, WebM where it can hold the codecs, else Matroska.
 *   pads                   MB_WRITER_PAD_VIDEO, MB_WRITER_PAD_AUDIO (request)
 *   MB_PROP_LOCATION       (string): the final name; LOCATION.part while it is open. Never overwrites.
 *   MB_PROP_SPLIT_DURATION (guint64, ns), MB_PROP_SPLIT_BYTES (guint64): a file as long ends before the next key frame,
 *                          and NAME.2 begins with it; 0 is never.
 *   MB_MESSAGE_WRITER_OPENED      { location: string, the final name; zero: guint64, running time of its time zero }
 *   MB_MESSAGE_WRITER_CLOSED      { location: string, bytes: guint64, duration: guint64 in ns,
 *                                   reason: string, one of MB_WRITER_REASON_…, error: string ("" where none),
 *                                   key-frames: guint64, width: guint, height: guint, of the last picture,
 *                                   audio-missing, video-missing: guint64, frames that came and had to be dropped,
 *                                   audio-gaps, video-gaps: array of guint64, the times before and after each gap
 *                                   that this left, in pairs }
 *                          Comes once for each MB_MESSAGE_WRITER_OPENED; also, with bytes 0 and without an opened
 *                          before it, where the file could not be made.
 *   MB_MESSAGE_WRITER_SIZE        pictures have another size now, or their first: { width, height: guint }; at most five a second
 *   MB_MESSAGE_WRITER_DROPPED     at most once a second while frames are dropped: { frames: guint64, the total, refused: guint64, of these
 *                          those that are no frames of the codec }
 *   MB_PROP_WITHOUT_VIDEO  (gboolean, FALSE, changes while playing): pictures are dropped; afterwards they go on with a
 *                          key frame.
 *   MB_PROP_WRITTEN        (guint64, read-only): bytes of all its files so far
 *   MB_MESSAGE_WRITER_LATE        the disk has taken nothing for two seconds: { waited: guint64, ns }; comes once for
 *                          each such time, and from a streaming thread, since the writer's waits for the disk
 *   MB_MESSAGE_WRITER_OVERRUN     more waits for the disk than there is room for: { frames: guint64, dropped so far };
 *                          at most once a second, and once at the end of such a time */
#define MB_ELEMENT_WRITER "mbwriter"
#define MB_WRITER_PAD_VIDEO "video_%u"
#define MB_WRITER_PAD_AUDIO "audio_%u"
#define MB_PROP_LOCATION "location"
#define MB_PROP_SPLIT_DURATION "split-duration"
#define MB_PROP_SPLIT_BYTES "split-bytes"
#define MB_PROP_MAX_QUEUE_BYTES "max-queue-bytes"
#define MB_PROP_WITHOUT_VIDEO "without-video"
#define MB_PROP_WRITTEN "written"
#define MB_MESSAGE_WRITER_OPENED "mb-writer-opened"
#define MB_MESSAGE_WRITER_CLOSED "mb-writer-closed"
#define MB_MESSAGE_WRITER_DROPPED "mb-writer-dropped"
#define MB_MESSAGE_WRITER_SIZE "mb-writer-size"
#define MB_MESSAGE_WRITER_LATE "mb-writer-late"
#define MB_MESSAGE_WRITER_OVERRUN "mb-writer-overrun"
#define MB_WRITER_PART_SUFFIX ".part"
#define MB_WRITER_REASON_SPLIT "split"     /* long enough; the next file follows */
#define MB_WRITER_REASON_EOS "eos"         /* every track ended */
#define MB_WRITER_REASON_STOPPED "stopped" /* READY→NULL, or PAUSED→READY */
#define MB_WRITER_REASON_ERROR "error"     /* the disk refused; LOCATION.part stays and plays */

/* mbstamp: raw video; draws the wall clock, an id and a flash each second into it.
 *   MB_PROP_ID             (guint, changes while playing)
 *   flash                  (gboolean, TRUE, changes while playing) */
#define MB_ELEMENT_STAMP "mbstamp"
#define MB_PROP_ID "id"

/* mbbeep: raw audio; a tone for the first tenth of each second of running time.
 *   frequency              (double, Hz, changes while playing)
 *   offset                 (guint64 in ns, below a second, changes while playing): beeps so much later */
#define MB_ELEMENT_BEEP "mbbeep"

/* mbprobe: raw video, passes untouched; reads what mbstamp drew, and looks at the picture.
 *   interval               (guint64 in ns, at least 200 ms, changes while playing)
 *   MB_PROP_EXPECTED_ID    (guint, changes while playing): codes with another id are wrong; 0 takes any
 *   MB_PROP_LOOK           (gboolean, TRUE, changes while playing): FALSE only counts
 *   MB_MESSAGE_PICTURE     { frames: guint64, the total, width, height: int,
 *                            black, still: guint64 in ns, how long it has been so in all }
 *   MB_MESSAGE_LATENCY     where a code was read: { sent, seen: guint64, microseconds since 1970 of the newest,
 *                            clock: string, which both are on, id, phase (ms): guint, pts: guint64 in ns,
 *                            frames, missed, repeated, wrong: guint64, totals,
 *                            latency-min, -mean, -max: gint64, microseconds, since the last message } */
#define MB_ELEMENT_PROBE "mbprobe"
#define MB_PROP_EXPECTED_ID "expected-id"
#define MB_PROP_LOOK "look"
#define MB_MESSAGE_PICTURE "mb-picture"
#define MB_MESSAGE_LATENCY "mb-latency"
#define MB_CLOCK_REAL_TIME "realtime"

/* mbsoundprobe: raw audio, passes untouched.
 *   interval               (guint64 in ns, at least 100 ms, changes while playing)
 *   MB_MESSAGE_SOUND       { heard, silent: guint64 in ns, totals, peak: double, dB since the last message,
 *                            onset: guint64 in ns, the PTS at which the newest beep began, or
 *                            GST_CLOCK_TIME_NONE, onsets: guint64, how many there were } */
#define MB_ELEMENT_SOUND_PROBE "mbsoundprobe"
#define MB_MESSAGE_SOUND "mb-sound"

typedef struct _MbRtpPort MbRtpPort;

/**
 * MbRtpPort:
 * @ref_count: atomic; use mb_rtp_port_ref() and mb_rtp_port_unref()
 * @push: takes a list of RTP packets, one a buffer, the header at its start, in one or more
 *   memories; (transfer full). Called from any thread, never blocks: what does not fit is dropped
 *   and counted by the receiver
 * @end: (nullable): nothing will be pushed any more; what was comes out first, then the end of the stream
 * @free: called once, on whatever thread gave up the last reference
 *
 * The receiving end of one stream of RTP: where a pipeline and the media engine meet. It is the
 * first member of its maker's own struct. Buffers carry a PTS: towards a feed the running
 * time of the pipeline (its base time added it is the clock's); towards an mbrtpsrc the capture time on the local monotonic
 * clock in nanoseconds, the same for all streams of a peer, so that they are in sync by PTS.
 */
struct _MbRtpPort {
  int ref_count;
  void (*push) (MbRtpPort *port, GstBufferList *list);
  void (*end) (MbRtpPort *port);
  void (*free) (MbRtpPort *port);
};

/**
 * mb_rtp_port_init:
 *
 * Gives @port its functions and its first reference, the caller's. What it does at the end is added by
 * who wants to know of it.
 */
static inline void
mb_rtp_port_init (MbRtpPort *port, void (*push) (MbRtpPort *port, GstBufferList *list),
    void (*free) (MbRtpPort *port))
{
  port->push = push;
  port->end = NULL;
  port->free = free;
  g_atomic_int_set (&port->ref_count, 1);
}

/**
 * mb_rtp_port_ref:
 *
 * Thread: any.
 */
static inline MbRtpPort *
mb_rtp_port_ref (MbRtpPort *port)
{
  g_atomic_int_inc (&port->ref_count);
  return port;
}

/**
 * mb_rtp_port_unref:
 *
 * Thread: any.
 */
static inline void
mb_rtp_port_unref (MbRtpPort *port)
{
  if (g_atomic_int_dec_and_test (&port->ref_count))
    port->free (port);
}

/**
 * mb_rtp_port_push:
 * @list: (transfer full): RTP packets
 *
 * Thread: any; never blocks.
 */
static inline void
mb_rtp_port_push (MbRtpPort *port, GstBufferList *list)
{
  port->push (port, list);
}

/**
 * mb_rtp_port_end:
 *
 * Thread: any; never blocks.
 */
static inline void
mb_rtp_port_end (MbRtpPort *port)
{
  if (port->end != NULL)
    port->end (port);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbRtpPort, mb_rtp_port_unref)
