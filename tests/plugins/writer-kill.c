/* writer-kill.c: kill -9 at any moment leaves a file that plays, less half a second at most
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The program runs itself as the victim: it feeds an mbwriter in real time and says on stdout what
 * it has fed. Besides our own reader the file goes through the ffmpeg program, where there is one.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <gst/check/gstharness.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frames.h"
#include "names.h"
#include "playback.h"

#define ROUNDS 8
#define STEP_MS 20
#define MIN_LIFE_MS 500
#define MAX_LIFE_MS 1500
#define MAX_LOSS_MS 500
#define PADDING 3000 /* bytes after a frame's end, which decoders ignore: writes of real length */

static void
push (GstHarness *harness, const guint8 *data, gsize size, gsize padding, gint ms)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size + padding, NULL);

  gst_buffer_memset (buffer, 0, 0, size + padding);
  gst_buffer_fill (buffer, 0, data, size);
  GST_BUFFER_PTS (buffer) = ms * GST_MSECOND;
  gst_harness_push (harness, buffer);
}

/* Never returns but by a signal. */
static void
be_victim (const char *location)
{
  GstElement *element = gst_element_factory_make (MB_ELEMENT_WRITER, NULL);
  GstHarness *video;
  GstHarness *audio;
  gint64 start_us;

  g_object_set (element, MB_PROP_LOCATION, location, NULL);
  video = gst_harness_new_with_element (element, MB_WRITER_PAD_VIDEO, NULL);
  audio = gst_harness_new_with_element (element, MB_WRITER_PAD_AUDIO, NULL);
  gst_harness_set_src_caps_str (video, "video/x-vp8");
  gst_harness_set_src_caps_str (audio, "audio/x-opus,channels=2,rate=48000");
  start_us = g_get_monotonic_time ();
  for (gint ms = 0;; ms += STEP_MS) {
    gint64 wait_us = start_us + ms * 1000 - g_get_monotonic_time ();
    char line[16];

    if (wait_us > 0)
      g_usleep ((gulong) wait_us);
    if (ms == 0)
      push (video, VP8_KEY, sizeof VP8_KEY, PADDING, ms);
    else
      push (video, VP8_DELTA, sizeof VP8_DELTA, PADDING, ms);
    push (audio, OPUS, sizeof OPUS, 0, ms);
    g_snprintf (line, sizeof line, "%d\n", ms);
    if (write (STDOUT_FILENO, line, strlen (line)) < 0)
      return;
  }
}

static void
check_with_ffmpeg (const char *part)
{
  g_autofree char *program = g_find_program_in_path ("ffmpeg");
  const char *arguments[] = {
      program, "-v", "error", "-xerror", "-i", part, "-f", "null", "-", NULL};
  g_autofree char *complaints = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  if (program == NULL)
    return;
  g_assert_true (g_spawn_sync (NULL, (char **) arguments, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
      NULL, NULL, &complaints, &status, &error));
  g_assert_cmpstr (complaints, ==, "");
  g_assert_true (g_spawn_check_wait_status (status, NULL));
}

/* Returns: the last number that the victim said before it was killed at @life_ms */
static gint
run_victim (const char *program, const char *location, gint life_ms)
{
  const char *arguments[] = {program, "--victim", location, NULL};
  g_autoptr (GError) error = NULL;
  GPid pid;
  gint output;
  FILE *lines;
  char line[16];
  gint last_ms = -1;
  int status;

  g_assert_true (g_spawn_async_with_pipes (NULL, (char **) arguments, NULL,
      G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL, &output, NULL, &error));
  lines = fdopen (output, "r");
  while (last_ms < life_ms && fgets (line, sizeof line, lines) != NULL)
    last_ms = atoi (line);
  /* A random moment between two frames. */
  g_usleep ((gulong) g_test_rand_int_range (0, STEP_MS * 1000));
  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  while (fgets (line, sizeof line, lines) != NULL)
    last_ms = atoi (line);
  fclose (lines);
  while (waitpid (pid, &status, 0) < 0 && errno == EINTR) {
  }
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
  return last_ms;
}

static void
test_kill (gconstpointer program)
{
  g_autofree char *folder = g_dir_make_tmp ("writer-kill-XXXXXX", NULL);
  g_autofree char *location = g_build_filename (folder, "a.webm", NULL);
  g_autofree char *part = g_strconcat (location, MB_WRITER_PART_SUFFIX, NULL);

  for (int i = 0; i < ROUNDS; i++) {
    gint fed_ms = run_victim (program, location, g_test_rand_int_range (MIN_LIFE_MS, MAX_LIFE_MS));
    gint64 lost_ms;
    Playback playback;

    playback_read (part, &playback);
    g_assert_cmpuint (playback.n_errors, ==, 0);
    check_with_ffmpeg (part);
    lost_ms = fed_ms - MIN (playback_find (&playback, TRUE)->last_ms,
                           playback_find (&playback, FALSE)->last_ms);
    g_test_message ("fed %d ms, lost %" G_GINT64_FORMAT " ms", fed_ms, lost_ms);
    g_assert_cmpint (lost_ms, <=, MAX_LOSS_MS);
    g_assert_cmpint (g_unlink (part), ==, 0);
  }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

int
main (int argc, char **argv)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);

  if (argc == 3 && g_str_equal (argv[1], "--victim")) {
    gst_init (NULL, NULL);
    be_victim (argv[2]);
    return 1;
  }
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/writer/killed-file-plays-to-its-last-half-second", program, test_kill);
  return g_test_run ();
}
