/* mb-log.c: where log lines go: stderr, one line an event, as text or JSON
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GLib's structured log writer. It may be called on any thread. A line goes out in one write, so lines of threads and of workers
 * that share the stream do not mix.
 */
#include "mb-log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int log_least = G_LOG_LEVEL_WARNING; /* atomic, like @log_format */
static GLogLevelFlags log_fatal = G_LOG_LEVEL_ERROR;
static int log_format = MB_LOG_FORMAT_TEXT;
static gboolean say_on_stderr = FALSE;
static gboolean is_journal = FALSE;

static const char *
level_name (GLogLevelFlags level)
{
  if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0)
    return "error";
  if ((level & G_LOG_LEVEL_WARNING) != 0)
    return "warning";
  if ((level & G_LOG_LEVEL_MESSAGE) != 0)
    return "notice";
  if ((level & G_LOG_LEVEL_INFO) != 0)
    return "info";
  return "debug";
}

/* What sd-daemon(3) says of levels, which are syslog's. */
static const char *
level_prefix (GLogLevelFlags level)
{
  if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0)
    return "<3>";
  if ((level & G_LOG_LEVEL_WARNING) != 0)
    return "<4>";
  if ((level & G_LOG_LEVEL_MESSAGE) != 0)
    return "<5>";
  if ((level & G_LOG_LEVEL_INFO) != 0)
    return "<6>";
  return "<7>";
}

/* Line separators, and marks that turn the direction of what follows (Unicode's Bidi_Control). */
static gboolean
is_misleading (gunichar letter)
{
  return g_unichar_iscntrl (letter) || letter == 0x061c || (letter >= 0x200e && letter <= 0x200f) ||
         (letter >= 0x2028 && letter <= 0x202e) || (letter >= 0x2066 && letter <= 0x2069);
}

/* Control characters could forge lines or move the cursor: both come from peers. */
static void
append_text (GString *line, const char *message)
{
  g_autofree char *valid = g_utf8_make_valid (message, -1);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at)) {
    gunichar letter = g_utf8_get_char (at);

    if (is_misleading (letter))
      g_string_append_c (line, ' ');
    else
      g_string_append_unichar (line, letter);
  }
}

static void
append_json (GString *line, const char *message)
{
  g_autofree char *valid = g_utf8_make_valid (message, -1);

  g_string_append_c (line, '"');
  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at)) {
    gunichar letter = g_utf8_get_char (at);

    if (letter == '"' || letter == '\\')
      g_string_append_printf (line, "\\%c", (char) letter);
    else if (is_misleading (letter))
      g_string_append_printf (line, "\\u%04x", letter);
    else
      g_string_append_unichar (line, letter);
  }
  g_string_append_c (line, '"');
}

/**
 * mb_log_format_line:
 * @level: one bit
 * @domain: (nullable): whose line it is
 * @real_time_us: microseconds since 1970
 *
 * Returns: (transfer full): the line with its end
 */
char *
mb_log_format_line (MbLogFormat format, GLogLevelFlags level, const char *domain,
    const char *message, gint64 real_time_us)
{
  GString *line = g_string_new (NULL);
  g_autoptr (GDateTime) seconds = g_date_time_new_from_unix_utc (real_time_us / G_USEC_PER_SEC);
  int ms = (int) (real_time_us % G_USEC_PER_SEC / 1000);

  if (format == MB_LOG_FORMAT_JSON) {
    g_autofree char *date = g_date_time_format (seconds, "%Y-%m-%dT%H:%M:%S");

    g_string_append_printf (
        line, "{\"time\":\"%s.%03dZ\",\"level\":\"%s\",\"domain\":", date, ms, level_name (level));
    append_json (line, domain != NULL ? domain : "");
    g_string_append (line, ",\"message\":");
    append_json (line, message);
    g_string_append_c (line, '}');
  } else {
    g_autofree char *time = g_date_time_format (seconds, "%H:%M:%S");

    g_string_append_printf (line, "%s.%03d %-7s %s: ", time, ms, level_name (level),
        domain != NULL ? domain : "meshbot");
    append_text (line, message);
  }
  g_string_append_c (line, '\n');
  return g_string_free (line, FALSE);
}

static void
write_line (GLogLevelFlags level, const char *line)
{
  g_autofree char *text = g_strconcat (is_journal ? level_prefix (level) : "", line, NULL);
  gsize length = strlen (text);

  /* A log that cannot be written is no reason to stop: nothing is left to tell it to. */
  if (write (STDERR_FILENO, text, length) < 0)
    return;
}

static GLogWriterOutput
write_fields (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  const char *message = NULL;
  const char *domain = NULL;
  g_autofree char *line = NULL;

  if ((int) (level & G_LOG_LEVEL_MASK) > g_atomic_int_get (&log_least))
    return G_LOG_WRITER_HANDLED;
  for (gsize i = 0; i < n_fields; i++) {
    if (g_str_equal (fields[i].key, "MESSAGE"))
      message = fields[i].value;
    else if (g_str_equal (fields[i].key, "GLIB_DOMAIN"))
      domain = fields[i].value;
  }
  if (message == NULL)
    return G_LOG_WRITER_UNHANDLED;
  line = mb_log_format_line (
      (MbLogFormat) g_atomic_int_get (&log_format), level, domain, message, g_get_real_time ());
  write_line (level, line);
  if ((level & log_fatal) != 0)
    abort ();
  return G_LOG_WRITER_HANDLED;
}

/* systemd.exec(5): the journal's socket, so that a program sees whether its stderr is still that. */
static gboolean
is_stderr_journal (void)
{
  const char *stream = g_getenv ("JOURNAL_STREAM");
  g_autofree char *own = NULL;
  struct stat about;

  if (stream == NULL || fstat (STDERR_FILENO, &about) != 0)
    return FALSE;
  own = g_strdup_printf (
      "%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, (guint64) about.st_dev, (guint64) about.st_ino);
  return g_str_equal (stream, own);
}

/**
 * mb_log_set_level:
 *
 * From here on. Thread: any.
 */
void
mb_log_set_level (GLogLevelFlags least, MbLogFormat format)
{
  g_atomic_int_set (&log_least, (int) least);
  g_atomic_int_set (&log_format, (int) format);
}

/**
 * mb_log_init:
 * @least: the least severe level that is written, a bit
 *
 * From here on all of GLib's logging goes through here. `G_DEBUG=fatal-warnings` and
 * `fatal-criticals` hold as ever; GLib leaves them to the writer.
 */
void
mb_log_init (GLogLevelFlags least, MbLogFormat format)
{
  static const GDebugKey KEYS[] = {
      {"fatal-warnings", G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING},
      {"fatal-criticals", G_LOG_LEVEL_CRITICAL},
  };
  const char *debug = g_getenv ("G_DEBUG");

  mb_log_set_level (least, format);
  is_journal = is_stderr_journal ();
  log_fatal = G_LOG_LEVEL_ERROR;
  if (debug != NULL && strstr (debug, "fatal-") != NULL)
    log_fatal |= (GLogLevelFlags) g_parse_debug_string (debug, KEYS, G_N_ELEMENTS (KEYS));
  g_log_set_writer_func (write_fields, NULL, NULL);
}

/**
 * mb_log_error_line:
 * @message: what was wrong and what to do
 *
 * The one line the program ends with; written whatever the level is.
 */
void
mb_log_error_line (const char *message)
{
  g_autofree char *line = NULL;

  if (g_atomic_int_get (&log_format) == MB_LOG_FORMAT_JSON) {
    line = mb_log_format_line (
        MB_LOG_FORMAT_JSON, G_LOG_LEVEL_CRITICAL, "meshbot", message, g_get_real_time ());
  } else {
    GString *text = g_string_new ("meshbot: ");

    append_text (text, message);
    g_string_append_c (text, '\n');
    line = g_string_free (text, FALSE);
  }
  write_line (G_LOG_LEVEL_CRITICAL, line);
}

/**
 * mb_log_say_on_stderr:
 *
 * stdout is for something else, which nothing may stand between.
 */
void
mb_log_say_on_stderr (void)
{
  say_on_stderr = TRUE;
}

/**
 * mb_log_tell:
 * @lines: each with its end
 *
 * For people, where mb_log_say() writes.
 */
void
mb_log_tell (const char *lines)
{
  FILE *stream = say_on_stderr ? stderr : stdout;

  fputs (lines, stream);
  fflush (stream);
}

/**
 * mb_log_say:
 * @format: printf's
 *
 * A line on stdout, for people and programs that wait for it: `meshbot: …`; on stderr after
 * mb_log_say_on_stderr().
 */
void
mb_log_say (const char *format, ...)
{
  g_autofree char *message = NULL;
  g_autofree char *line = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  /* Not g_print: it would turn what is not ASCII into question marks in the C locale. */
  line = g_strdup_printf ("meshbot: %s\n", message);
  mb_log_tell (line);
}
