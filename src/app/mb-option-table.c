/* mb-option-table.c: every option there is: its name, its help, how its value is taken
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-option-table.h"

#include <gio/gio.h>
#include <string.h>

#include "mb-clip.h"
#include "mb-error.h"
#include "mb-expect.h"
#include "mb-option-host.h"
#include "mb-option-recording.h"
#include "mb-option-values.h"
#include "mb-server.h"

#define COUNT_MAX 1000
#define ROOMS_MAX 10000
#define RATE_MAX 10000
#define BITRATE_MIN_KBPS 50
#define BITRATE_MAX_KBPS 50000
#define FPS_MAX 120

static gboolean
take_server (MbOptions *self, const char *value, GError **error)
{
  if (!mb_value_check_server_url (value, error))
    return FALSE;
  mb_value_replace (&self->server_url, value);
  return TRUE;
}

static gboolean
take_room (MbOptions *self, const char *value, GError **error)
{
  g_autofree char *example = mb_value_expand (value, COUNT_MAX, ROOMS_MAX, "host");

  if (!mb_value_check_room_id (example, NULL)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "'%s' is no room's id; use 1 to 64 of A-Z a-z 0-9 _ - (and {r} and {n})", value);
    return FALSE;
  }
  mb_value_replace (&self->room, value);
  return TRUE;
}

static gboolean
take_name (MbOptions *self, const char *value, GError **error)
{
  if (*value == '\0') {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "a display name cannot be empty");
    return FALSE;
  }
  mb_value_replace (&self->name, value);
  return TRUE;
}

static gboolean
take_source (MbOptions *self, const char *value, GError **error)
{
  gsize length = strlen (value);

  if (g_str_equal (value, "none"))
    return TRUE;
  if (g_str_has_prefix (value, "rtsp://") || g_str_has_prefix (value, "rtsps://")) {
    g_autofree char *location = g_strconcat ("location=", value, NULL);

    mb_value_append (&self->sources, "rtsp");
    mb_value_append (&self->settings_of_source, location);
    return TRUE;
  }
  if (mb_clip_is_named (value)) {
    mb_value_append (&self->sources, value);
    return TRUE;
  }
  if (length == 0 || strspn (value, G_CSET_a_2_z G_CSET_DIGITS "_-") != length) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "'%s' is no source; take a named one such as videotestsrc, a media file or URI, or none",
        value);
    return FALSE;
  }
  mb_value_append (&self->sources, value);
  return TRUE;
}

static gboolean
take_loop (MbOptions *self, const char *value, GError **error)
{
  self->loop = TRUE;
  return TRUE;
}

static gboolean
take_set (MbOptions *self, const char *value, GError **error)
{
  const char *equal = strchr (value, '=');

  if (equal == NULL || equal == value) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "'%s' is no parameter; write NAME=VALUE, for example pattern=smpte", value);
    return FALSE;
  }
  mb_value_append (&self->settings_of_source, value);
  return TRUE;
}

static gboolean
take_codec (MbOptions *self, const char *value, GError **error)
{
  char **codecs = NULL;

  if (!mb_value_parse_codecs (value, &codecs, error))
    return FALSE;
  g_strfreev (self->codecs);
  self->codecs = codecs;
  return TRUE;
}

static gboolean
take_bitrate (MbOptions *self, const char *value, GError **error)
{
  return mb_value_parse_number (
      value, BITRATE_MIN_KBPS, BITRATE_MAX_KBPS, &self->bitrate_kbps, error);
}

static gboolean
take_size (MbOptions *self, const char *value, GError **error)
{
  return mb_value_parse_size (value, &self->width, &self->height, error);
}

static gboolean
take_fps (MbOptions *self, const char *value, GError **error)
{
  return mb_value_parse_number (value, 1, FPS_MAX, &self->fps, error);
}

static gboolean
take_idle (MbOptions *self, const char *value, GError **error)
{
  return mb_value_parse_duration (value, &self->idle_ms, error);
}

static gboolean
take_count (MbOptions *self, const char *value, GError **error)
{
  return mb_value_parse_number (value, 1, COUNT_MAX, &self->count, error);
}

static gboolean
take_rooms (MbOptions *self, const char *value, GError **error)
{
  return mb_value_parse_number (value, 1, ROOMS_MAX, &self->rooms, error);
}

static gboolean
take_rate (MbOptions *self, const char *value, GError **error)
{
  return mb_value_parse_number (value, 1, RATE_MAX, &self->rate, error);
}

static gboolean
take_seed (MbOptions *self, const char *value, GError **error)
{
  unsigned int seed = 0;

  if (!mb_value_parse_number (value, 0, G_MAXUINT, &seed, error))
    return FALSE;
  self->seed = seed;
  return TRUE;
}

static gboolean
take_duration (MbOptions *self, const char *value, GError **error)
{
  return mb_value_parse_duration (value, &self->duration_ms, error);
}

static gboolean
take_expect (MbOptions *self, const char *value, GError **error)
{
  MbExpect *expect = mb_expect_parse (value, error);

  if (expect == NULL)
    return FALSE;
  g_ptr_array_add (self->expects, expect);
  self->measure = MAX (self->measure, mb_measure_get_level (expect->measure));
  return TRUE;
}

static gboolean
take_report (MbOptions *self, const char *value, GError **error)
{
  if (!g_str_equal (value, "-") && !g_str_has_suffix (value, ".json") &&
      !g_str_has_suffix (value, ".xml")) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "'%s' ends in neither .json nor .xml (JUnit); - is JSON on stdout", value);
    return FALSE;
  }
  mb_value_append (&self->reports, value);
  return TRUE;
}

static gboolean
take_measure (MbOptions *self, const char *value, GError **error)
{
  for (MbMeasureLevel i = MB_MEASURE_LEVEL_PACKETS; i <= MB_MEASURE_LEVEL_PIXELS; i++) {
    if (g_str_equal (value, mb_measure_level_get_name (i))) {
      self->measure = MAX (self->measure, i);
      return TRUE;
    }
  }
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "'%s' is none of packets, frames, pixels", value);
  return FALSE;
}

static gboolean
take_ice_server (MbOptions *self, const char *value, GError **error)
{
  if (!mb_value_check_ice_url (value, error))
    return FALSE;
  mb_value_append (&self->ice_servers, value);
  return TRUE;
}

static gboolean
take_ice_policy (MbOptions *self, const char *value, GError **error)
{
  self->relay_only = g_str_equal (value, "relay");
  if (self->relay_only || g_str_equal (value, "all"))
    return TRUE;
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "'%s' is neither all nor relay", value);
  return FALSE;
}

/* Read now, so that a wrong file is a wrong command line and not a bot that is trusted by nobody. */
static gboolean
take_ca_file (MbOptions *self, const char *value, GError **error)
{
  g_autoptr (GError) reason = NULL;
  GList *certificates = g_tls_certificate_list_new_from_file (value, &reason);

  if (certificates == NULL) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s: %s", value,
        reason != NULL ? reason->message : "there is no certificate in PEM form in it");
    return FALSE;
  }
  g_list_free_full (certificates, g_object_unref);
  mb_value_replace (&self->ca_file, value);
  return TRUE;
}

static gboolean
take_token (MbOptions *self, const char *value, GError **error)
{
  if (!mb_value_check_token (value, error))
    return FALSE;
  mb_value_replace (&self->token, value);
  return TRUE;
}

static gboolean
take_token_file (MbOptions *self, const char *value, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autofree char *text = NULL;

  if (!g_file_get_contents (value, &text, NULL, &reason)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s", reason->message);
    return FALSE;
  }
  return take_token (self, g_strstrip (text), error);
}

static gboolean
take_metrics_listen (MbOptions *self, const char *value, GError **error)
{
  char *address = NULL;

  if (!mb_server_parse_listen (value, &address, &self->metrics_port, error))
    return FALSE;
  g_free (self->metrics_address);
  self->metrics_address = address;
  return TRUE;
}

static gboolean
take_metrics_token_file (MbOptions *self, const char *value, GError **error)
{
  return mb_value_take_file (&self->metrics_token_file, value, error);
}

static gboolean
take_log_level (MbOptions *self, const char *value, GError **error)
{
  static const char *const NAMES[] = {"error", "warning", "notice", "info", "debug", NULL};
  static const GLogLevelFlags LEVELS[] = {G_LOG_LEVEL_CRITICAL, G_LOG_LEVEL_WARNING,
      G_LOG_LEVEL_MESSAGE, G_LOG_LEVEL_INFO, G_LOG_LEVEL_DEBUG};

  for (guint i = 0; NAMES[i] != NULL; i++) {
    if (g_str_equal (value, NAMES[i])) {
      self->log_level = LEVELS[i];
      return TRUE;
    }
  }
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
      "'%s' is no level; take one of error, warning, notice, info, debug", value);
  return FALSE;
}

static gboolean
take_log_format (MbOptions *self, const char *value, GError **error)
{
  if (!g_str_equal (value, "text") && !g_str_equal (value, "json")) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "'%s' is neither text nor json", value);
    return FALSE;
  }
  self->log_format = g_str_equal (value, "json") ? MB_LOG_FORMAT_JSON : MB_LOG_FORMAT_TEXT;
  return TRUE;
}

/* Its file has been read by the time values are applied. */
static gboolean
take_config (MbOptions *self, const char *value, GError **error)
{
  return TRUE;
}

static gboolean
take_list_pipelines (MbOptions *self, const char *value, GError **error)
{
  if (self->action == MB_OPTIONS_RUN)
    self->action = MB_OPTIONS_LIST_PIPELINES;
  return TRUE;
}

static gboolean
take_check_pipeline (MbOptions *self, const char *value, GError **error)
{
  mb_value_replace (&self->checked_pipeline, value);
  if (self->action == MB_OPTIONS_RUN)
    self->action = MB_OPTIONS_CHECK_PIPELINE;
  return TRUE;
}

static gboolean
take_check_config (MbOptions *self, const char *value, GError **error)
{
  if (self->action == MB_OPTIONS_RUN)
    self->action = MB_OPTIONS_CHECK_CONFIG;
  return TRUE;
}

static gboolean
take_print_config (MbOptions *self, const char *value, GError **error)
{
  if (self->action == MB_OPTIONS_RUN)
    self->action = MB_OPTIONS_PRINT_CONFIG;
  return TRUE;
}

static gboolean
take_user (MbOptions *self, const char *value, GError **error)
{
  return mb_value_take_text (&self->user, value, "the name of a user", error);
}

static gboolean
take_version (MbOptions *self, const char *value, GError **error)
{
  if (self->action == MB_OPTIONS_RUN)
    self->action = MB_OPTIONS_VERSION;
  return TRUE;
}

static gboolean
take_help (MbOptions *self, const char *value, GError **error)
{
  self->action = MB_OPTIONS_HELP;
  return TRUE;
}

const char *const MB_OPTION_GROUP_TITLES[MB_N_OPTION_GROUPS] = {
    "Hosting rooms (without --server)",
    "Taking part in a room",
    "What is sent",
    "Many bots at once",
    "Measuring and judging",
    "Network and access",
    "Everything else",
};

static const MbOptionRow ROWS[] = {
    {"room", 'r', MB_OPTION_GROUP_JOIN, 0, take_room, "ID",
        "join this room; {r} and {n} are numbers"},
    {"server", 0, MB_OPTION_GROUP_JOIN, MB_OPTION_PROCESS | MB_OPTION_NEEDS_ROOM, take_server,
        "URL", "on this server: http(s)://… by Socket.IO, ws(s)://…/ws by plain WebSocket"},
    {"name", 'n', MB_OPTION_GROUP_JOIN, MB_OPTION_NEEDS_ROOM, take_name, "NAME",
        "display name; {n}, {r}, {host} expand (meshbot, or meshbot-{n})"},
    {"record", 0, MB_OPTION_GROUP_JOIN, MB_OPTION_NEEDS_ROOM, mb_option_take_record, "DIR",
        "record each peer into DIR"},
    {"split", 0, MB_OPTION_GROUP_JOIN, MB_OPTION_NEEDS_ROOM | MB_OPTION_NEEDS_RECORD,
        mb_option_take_split, "LENGTH",
        "begin a new file after so much of a recording: 10m, 500MB"},
    {"audio-only", 0, MB_OPTION_GROUP_JOIN,
        MB_OPTION_SWITCH | MB_OPTION_NEEDS_ROOM | MB_OPTION_NEEDS_RECORD, mb_option_take_audio_only,
        NULL, "record sound and no video"},
    {"on-finish", 0, MB_OPTION_GROUP_JOIN, MB_OPTION_NEEDS_ROOM | MB_OPTION_NEEDS_RECORD,
        mb_option_take_on_finish, "CMD",
        "run CMD for each session that has ended, in $MESHBOT_SESSION"},
    {"min-free", 0, MB_OPTION_GROUP_JOIN, MB_OPTION_NEEDS_ROOM | MB_OPTION_NEEDS_RECORD,
        mb_option_take_min_free, "SIZE",
        "below it on the disk pictures are not recorded, below half nothing (200MB or 1 %); off"},
    {"quota", 0, MB_OPTION_GROUP_JOIN, MB_OPTION_NEEDS_ROOM | MB_OPTION_NEEDS_RECORD,
        mb_option_take_quota, "SIZE", "what all recordings in DIR may take together (anything)"},
    {"room-quota", 0, MB_OPTION_GROUP_JOIN, MB_OPTION_NEEDS_ROOM | MB_OPTION_NEEDS_RECORD,
        mb_option_take_room_quota, "SIZE", "what those of one room may take (anything)"},
    {"write-buffer", 0, MB_OPTION_GROUP_JOIN, MB_OPTION_NEEDS_ROOM | MB_OPTION_NEEDS_RECORD,
        mb_option_take_write_buffer, "SIZE",
        "of each file, that may wait for a slow disk before frames are dropped (8MB)"},
    {"corrupt-frames", 0, MB_OPTION_GROUP_JOIN, MB_OPTION_NEEDS_ROOM | MB_OPTION_NEEDS_RECORD,
        mb_option_take_corrupt_frames, "drop|keep",
        "pictures that refer to what was lost, until the next key frame (drop)"},
    {"metrics-file", 0, MB_OPTION_GROUP_JOIN, MB_OPTION_NEEDS_ROOM | MB_OPTION_NEEDS_RECORD,
        mb_option_take_metrics_file, "FILE",
        "write the recorder's metrics as Prometheus text every 5 s; ends in .prom"},
    {"idle", 0, MB_OPTION_GROUP_JOIN, MB_OPTION_NEEDS_ROOM, take_idle, "TIME",
        "leave when nobody else has been in the room for TIME (never)"},
    {"duration", 0, MB_OPTION_GROUP_JOIN, MB_OPTION_NEEDS_ROOM, take_duration, "TIME",
        "leave this long after the join: 500ms, 30s, 5m, 1h"},
    {"relay", 0, MB_OPTION_GROUP_JOIN, MB_OPTION_SWITCH | MB_OPTION_NEEDS_ROOM, NULL, NULL, NULL},
    {"source", 's', MB_OPTION_GROUP_SEND, MB_OPTION_LIST | MB_OPTION_NEEDS_ROOM, take_source,
        "SPEC",
        "videotestsrc, testcard, … (--list-pipelines), a file or URI, or none; repeatable (none)"},
    {"set", 0, MB_OPTION_GROUP_SEND, MB_OPTION_LIST | MB_OPTION_NEEDS_ROOM, take_set, "NAME=VALUE",
        "a parameter of the source; repeatable"},
    {"loop", 0, MB_OPTION_GROUP_SEND, MB_OPTION_SWITCH | MB_OPTION_NEEDS_ROOM, take_loop, NULL,
        "begin a file again at its end, without a seam"},
    {"codec", 0, MB_OPTION_GROUP_SEND, MB_OPTION_NEEDS_ROOM, take_codec, "LIST",
        "video codecs in order of preference (vp8,h264,vp9)"},
    {"size", 0, MB_OPTION_GROUP_SEND, MB_OPTION_NEEDS_ROOM, take_size, "WxH",
        "of the picture (1280x720)"},
    {"fps", 0, MB_OPTION_GROUP_SEND, MB_OPTION_NEEDS_ROOM, take_fps, "N", "pictures a second (30)"},
    {"bitrate", 0, MB_OPTION_GROUP_SEND, MB_OPTION_NEEDS_ROOM, take_bitrate, "KBPS",
        "of the video (1500)"},
    {"count", 0, MB_OPTION_GROUP_MANY, MB_OPTION_NEEDS_ROOM, take_count, "N", "N bots a room (1)"},
    {"rooms", 0, MB_OPTION_GROUP_MANY, MB_OPTION_NEEDS_ROOM, take_rooms, "N",
        "N rooms (1), numbered by {r} in --room"},
    {"rate", 0, MB_OPTION_GROUP_MANY, MB_OPTION_NEEDS_ROOM, take_rate, "N",
        "N joins a second (all at once)"},
    {"seed", 0, MB_OPTION_GROUP_MANY, MB_OPTION_NEEDS_ROOM, take_seed, "N",
        "of what is left to chance: the same seed gives the same run (a new one, reported)"},
    {"expect", 0, MB_OPTION_GROUP_TEST, MB_OPTION_LIST | MB_OPTION_NEEDS_ROOM, take_expect, "EXPR",
        "what has to hold, such as 'rx.video.fps.p5 >= 20' or 'ttff < 2s'; repeatable"},
    {"report", 0, MB_OPTION_GROUP_TEST, MB_OPTION_LIST | MB_OPTION_NEEDS_ROOM, take_report, "FILE",
        "write what was measured: .json, or .xml (JUnit); - is JSON on stdout; repeatable"},
    {"measure", 0, MB_OPTION_GROUP_TEST, MB_OPTION_NEEDS_ROOM, take_measure,
        "packets|frames|pixels", "how closely to look (what --expect needs, else packets)"},
    {"ice-server", 0, MB_OPTION_GROUP_NETWORK, MB_OPTION_LIST | MB_OPTION_NEEDS_ROOM,
        take_ice_server, "URL",
        "stun:HOST:PORT or turn:USER:PASSWORD@HOST:PORT (what the server says); repeatable"},
    {"ice-policy", 0, MB_OPTION_GROUP_NETWORK, MB_OPTION_NEEDS_ROOM, take_ice_policy, "all|relay",
        "use any way to the others, or a TURN server's alone (all)"},
    {"ca-file", 0, MB_OPTION_GROUP_NETWORK, 0, take_ca_file, "FILE",
        "trust servers whose certificates are signed by one of these (PEM), and no others"},
    {"token", 0, MB_OPTION_GROUP_NETWORK, MB_OPTION_PROCESS | MB_OPTION_NEEDS_ROOM, take_token,
        "JWT", "the bearer token the server wants ($MESHBOT_TOKEN is in no process list)"},
    {"token-file", 0, MB_OPTION_GROUP_NETWORK, MB_OPTION_PROCESS | MB_OPTION_NEEDS_ROOM,
        take_token_file, "FILE", "the same, read from FILE"},
    {"config", 0, MB_OPTION_GROUP_OTHER, MB_OPTION_PROCESS | MB_OPTION_NO_FILE, take_config, "FILE",
        "a key file, then FILE.d/*.conf: NAME=VALUE under [meshbot]; the command line wins"},
    {"check-config", 0, MB_OPTION_GROUP_OTHER,
        MB_OPTION_SWITCH | MB_OPTION_PROCESS | MB_OPTION_NO_FILE, take_check_config, NULL,
        "say whether options and the files they name are right, and end"},
    {"print-config", 0, MB_OPTION_GROUP_OTHER,
        MB_OPTION_SWITCH | MB_OPTION_PROCESS | MB_OPTION_NO_FILE, take_print_config, NULL,
        "print what is set and where, secrets masked, and end"},
    {"list-pipelines", 0, MB_OPTION_GROUP_OTHER,
        MB_OPTION_SWITCH | MB_OPTION_PROCESS | MB_OPTION_NO_FILE, take_list_pipelines, NULL,
        "print the sources and sinks there are, and end"},
    {"check-pipeline", 0, MB_OPTION_GROUP_OTHER, MB_OPTION_PROCESS | MB_OPTION_NO_FILE,
        take_check_pipeline, "FILE", "build a description, print what it offers, and end"},
    {"metrics-listen", 0, MB_OPTION_GROUP_OTHER, MB_OPTION_PROCESS, take_metrics_listen,
        "[ADDR:]PORT",
        "/metrics here alone, those of bots too (beside everything else; bots: nowhere)",
        "metrics"},
    {"metrics-token-file", 0, MB_OPTION_GROUP_OTHER, MB_OPTION_PROCESS, take_metrics_token_file,
        "FILE", "whoever reads /metrics has to bring what is in FILE as a bearer token", "metrics"},
    {"user", 0, MB_OPTION_GROUP_OTHER, MB_OPTION_PROCESS, take_user, "NAME",
        "become this user when started as root, once the port is taken", "daemon"},
    {"log-level", 0, MB_OPTION_GROUP_OTHER, MB_OPTION_RELOADED, take_log_level, "LEVEL",
        "error, warning, notice, info or debug, to stderr (warning)"},
    {"log-format", 0, MB_OPTION_GROUP_OTHER, MB_OPTION_RELOADED, take_log_format, "text|json",
        "one line an event (text)"},
    {"version", 0, MB_OPTION_GROUP_OTHER, MB_OPTION_SWITCH | MB_OPTION_PROCESS | MB_OPTION_NO_FILE,
        take_version, NULL, "print the version and end"},
    {"help", 'h', MB_OPTION_GROUP_OTHER, MB_OPTION_SWITCH | MB_OPTION_PROCESS | MB_OPTION_NO_FILE,
        take_help, NULL, "print this and end"},
};

/**
 * mb_option_get:
 * @index: of all options, in the order of the help
 *
 * Returns: (transfer none) (nullable): its row; %NULL behind the last one
 */
const MbOptionRow *
mb_option_get (gsize index)
{
  if (index < MB_N_OPTION_HOST_ROWS)
    return &MB_OPTION_HOST_ROWS[index];
  index -= MB_N_OPTION_HOST_ROWS;
  return index < G_N_ELEMENTS (ROWS) ? &ROWS[index] : NULL;
}

gsize
mb_option_count (void)
{
  return MB_N_OPTION_HOST_ROWS + G_N_ELEMENTS (ROWS);
}

const char *const MB_OPTION_SECTIONS[] = {
    "meshbot", "auth", "daemon", "http", "ice", "metrics", "tls", NULL};

/**
 * mb_option_find_key:
 * @section: of a configuration file: `meshbot` has all options by their long names, the others have
 *   theirs, without the section's name and a dash before it
 *
 * Returns: (transfer none) (nullable): the row that is set by @key there
 */
const MbOptionRow *
mb_option_find_key (const char *section, const char *key)
{
  gsize length = strlen (section);

  if (g_str_equal (section, MB_OPTION_SECTIONS[0]))
    return mb_option_find (key);
  for (gsize i = 0; i < mb_option_count (); i++) {
    const MbOptionRow *row = mb_option_get (i);
    const char *name = row->name;

    if (g_strcmp0 (row->section, section) != 0)
      continue;
    if (g_str_has_prefix (name, section) && name[length] == '-')
      name += length + 1;
    if (g_str_equal (name, key))
      return row;
  }
  return NULL;
}

/**
 * mb_option_find:
 * @name: a long name, without dashes
 *
 * Returns: (transfer none) (nullable): its row
 */
const MbOptionRow *
mb_option_find (const char *name)
{
  for (gsize i = 0; i < mb_option_count (); i++) {
    if (g_str_equal (mb_option_get (i)->name, name))
      return mb_option_get (i);
  }
  return NULL;
}

/**
 * mb_option_find_letter:
 *
 * Returns: (transfer none) (nullable): the row of the option with that short name
 */
const MbOptionRow *
mb_option_find_letter (char letter)
{
  for (gsize i = 0; i < mb_option_count (); i++) {
    if (mb_option_get (i)->letter != 0 && mb_option_get (i)->letter == letter)
      return mb_option_get (i);
  }
  return NULL;
}

/**
 * mb_option_find_near:
 * @name: a name that is none
 *
 * Returns: (transfer none) (nullable): the option that may have been meant
 */
const char *
mb_option_find_near (const char *name)
{
  g_autofree const char **names = g_new0 (const char *, mb_option_count () + 1);

  for (gsize i = 0; i < mb_option_count (); i++)
    names[i] = mb_option_get (i)->name;
  return mb_value_find_near (name, names);
}
