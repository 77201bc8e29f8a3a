/* mb-options.h: the command line and the configuration file as one immutable value
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#include "mb-address.h"
#include "mb-measure.h"

typedef enum {
  MB_OPTIONS_RUN,
  MB_OPTIONS_HELP,
  MB_OPTIONS_VERSION,
  MB_OPTIONS_LIST_PIPELINES,
  MB_OPTIONS_CHECK_PIPELINE,
  MB_OPTIONS_CHECK_CONFIG,
  MB_OPTIONS_PRINT_CONFIG,
} MbOptionsAction;

typedef enum {
  MB_LOG_FORMAT_TEXT,
  MB_LOG_FORMAT_JSON,
} MbLogFormat;

/**
 * MbOptions:
 * @action: what the program is to do
 * @server_url: (nullable): the server to join; %NULL hosts one
 * @listen_address: an IP address or `localhost`; without brackets
 * @listen_port: 0 picks one
 * @store_path: the host's database, or `:memory:`
 * @tls_certificate: (nullable): a PEM file; the host serves by TLS
 * @tls_key: (nullable): of its key; %NULL where that is in @tls_certificate
 * @redirect_address: (nullable): where callers are sent to https
 * @redirect_port: likewise
 * @hsts_ms: how long browsers are told to come by https only; 0 tells them nothing
 * @allow_origins: (array zero-terminated=1): web origins besides the host's own
 * @auth_wants_tokens: whether the host lets in those with a token only
 * @auth_secret_file: (nullable): what they are signed with, or
 * @auth_public_key: (nullable): its PEM file, or
 * @auth_jwks: (nullable): its key set's file or URL
 * @auth_issuer: (nullable): who has to have made them
 * @auth_audiences: (array zero-terminated=1): whom they have to be for, one of these
 * @rate_limit: whether the host limits rates
 * @ice_stun: (array zero-terminated=1): STUN servers that the host tells of
 * @ice_turn: (array zero-terminated=1): TURN servers that it tells of
 * @ice_turn_secret_file: (nullable): what it shares with them
 * @ice_ttl_ms: how long credentials are good
 * @max_connections_each: of one address; 0 is no limit
 * @max_connections: of all; 0 is what descriptors allow
 * @trusted_proxies: (array zero-terminated=1): proxies whose word on their clients' addresses counts
 * @drain_ms: how long those who are in are served on when the host is to stop
 * @user: (nullable): whom the process becomes when it was started as root
 * @max_rooms: how many rooms the host has
 * @max_members: members of a room without a limit of its own
 * @room: (nullable): the room's id, a pattern for mb_value_expand(); %NULL joins none
 * @name: the display name, a pattern for mb_value_expand()
 * @sources: (array zero-terminated=1): what to send; empty to receive only
 * @loop: whether a file is begun again at its end
 * @settings_of_source: (array zero-terminated=1): `NAME=VALUE`, parameters of the source
 * @codecs: (array zero-terminated=1): video codecs in order of preference
 * @bitrate_kbps: of the sent video
 * @width: of the sent video, pixels
 * @height: of the sent video, pixels
 * @fps: of the sent video
 * @record_dir: (nullable): where peers are recorded
 * @split_ms: of a recording, after which a file ends and another begins; 0 is never
 * @split_bytes: likewise
 * @audio_only: record no video
 * @min_free_bytes: of the disk, that recordings leave; 0 is the usual, %MB_OPTIONS_NO_FLOOR is none
 * @quota_bytes: that all recordings may take; 0 is any number
 * @room_quota_bytes: that those of one room may take; 0 is any number
 * @write_buffer_bytes: of a recorded file, that may wait for a slow disk; 0 is the usual
 * @keeps_corrupt: record pictures that refer to what was lost
 * @metrics_file: (nullable): where figures are written to
 * @on_finish: (nullable): a command for each session that has ended
 * @idle_ms: how long a bot stays in a room with nobody else; 0 is for ever
 * @count: bots a room
 * @rooms: rooms
 * @rate: joins a second; 0 is all at once
 * @seed: of what is left to chance; the same one gives the same run
 * @duration_ms: how long after its join a bot leaves; 0 is never
 * @expects: (element-type MbExpect): what is judged when the bots have left
 * @reports: (array zero-terminated=1): files to write a report into; `-` is stdout
 * @measure: how much of the media is taken apart: what was asked for, or what @expects need
 * @ice_servers: (array zero-terminated=1): `stun:` and `turn:` URLs; none asks the server
 * @relay_only: what is not relayed by a TURN server is not used
 * @ca_file: (nullable): PEM, whose signatures on servers' certificates are trusted
 * @metrics_address: (nullable): where /metrics is, instead of beside everything else
 * @metrics_port: likewise
 * @metrics_token_file: (nullable): what a reader of it has to bring
 * @token: (nullable): the bearer token
 * @checked_pipeline: (nullable): the file, for %MB_OPTIONS_CHECK_PIPELINE
 * @log_level: the least that is logged, a #GLogLevelFlags bit
 * @log_format: how it is logged
 * @log_addresses: how much of clients' addresses is
 * @audit_path: (nullable): where the host keeps who came, went and was refused
 * @audit_bytes: when that file is turned over; 0 is the default
 *
 * Immutable and counted. Fields are for reading only.
 */
typedef struct {
  MbOptionsAction action;
  char *server_url;
  char *listen_address;
  guint16 listen_port;
  char *store_path;
  char *tls_certificate;
  char *tls_key;
  char *redirect_address;
  guint16 redirect_port;
  gint64 hsts_ms;
  char **allow_origins;
  gboolean auth_wants_tokens;
  char *auth_secret_file;
  char *auth_public_key;
  char *auth_jwks;
  char *auth_issuer;
  char **auth_audiences;
  gboolean rate_limit;
  char **ice_stun;
  char **ice_turn;
  char *ice_turn_secret_file;
  gint64 ice_ttl_ms;
  unsigned int max_connections_each;
  unsigned int max_connections;
  char **trusted_proxies;
  gint64 drain_ms;
  char *user;
  unsigned int max_rooms;
  unsigned int max_members;
  char *room;
  char *name;
  char **sources;
  gboolean loop;
  char **settings_of_source;
  char **codecs;
  unsigned int bitrate_kbps;
  unsigned int width;
  unsigned int height;
  unsigned int fps;
  char *record_dir;
  gint64 split_ms;
  guint64 split_bytes;
  gboolean audio_only;
  guint64 min_free_bytes;
  guint64 quota_bytes;
  guint64 room_quota_bytes;
  guint64 write_buffer_bytes;
  gboolean keeps_corrupt;
  char *metrics_file;
  char *on_finish;
  gint64 idle_ms;
  unsigned int count;
  unsigned int rooms;
  unsigned int rate;
  guint64 seed;
  gint64 duration_ms;
  GPtrArray *expects;
  char **reports;
  MbMeasureLevel measure;
  char **ice_servers;
  gboolean relay_only;
  char *ca_file;
  char *metrics_address;
  guint16 metrics_port;
  char *metrics_token_file;
  char *token;
  char *checked_pipeline; /* (nullable) */
  GLogLevelFlags log_level;
  MbLogFormat log_format;
  MbAddressStyle log_addresses;
  char *audit_path;
  guint64 audit_bytes;
  GPtrArray
      *settings; /* (element-type MbSetting) private: what was given, for mb_options_to_worker() */
} MbOptions;

#define MB_OPTIONS_NO_FLOOR G_MAXUINT64

/* The environment variable that a token may come in, so that it stands in no process list. */
#define MB_OPTIONS_TOKEN_VARIABLE "MESHBOT_TOKEN"

MbOptions *mb_options_new (const char *const *argv, char **environment, GError **error);
MbOptions *mb_options_ref (MbOptions *self);
void mb_options_unref (MbOptions *self);
char *mb_options_get_help (void);
char **mb_options_to_worker (
    MbOptions *self, const char *program, const char *server_url, gint64 duration_ms);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbOptions, mb_options_unref)
