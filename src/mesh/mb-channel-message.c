/* mb-channel-message.c: what members say to each other over the data channel
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-channel-message.h"

#include <string.h>

#include "mb-json-scan.h"
#include "mb-message.h"

#define KEY_MAX 128 /* bytes, of clients and secrets */
#define SIGNAL_MAX (128 * 1024)
#define MAX_SCREENS 16
#define STREAM_ID_MAX 256 /* bytes */

static const char *const TYPES[] = {
    [MB_CHANNEL_STATE] = "state",
    [MB_CHANNEL_PING] = "ping",
    [MB_CHANNEL_PONG] = "pong",
    [MB_CHANNEL_MOVED] = "moved",
    [MB_CHANNEL_SIGNAL] = "signal",
};

/* The members that are read. */
enum {
  MEMBER_TYPE,
  MEMBER_CLIENT,
  MEMBER_STREAMS,
  MEMBER_ID,
  MEMBER_KEY,
  MEMBER_DATA,
  N_MEMBERS,
};
static const char *const MEMBERS[N_MEMBERS] = {"type", "client", "streams", "id", "key", "data"};

void
mb_channel_message_free (MbChannelMessage *self)
{
  g_free (self->client);
  g_strfreev (self->screens);
  g_free (self->id);
  g_free (self->key);
  g_clear_pointer (&self->data, g_bytes_unref);
  g_free (self);
}

static MbChannelKind
read_kind (MbJsonSpan type)
{
  for (unsigned int i = MB_CHANNEL_STATE; i < G_N_ELEMENTS (TYPES); i++) {
    if (mb_json_span_equals (type, TYPES[i]))
      return (MbChannelKind) i;
  }
  return MB_CHANNEL_OTHER;
}

static char *
dup_key (MbJsonSpan span)
{
  g_autofree char *key = mb_json_span_get_kind (span) == MB_JSON_STRING
                             ? mb_json_span_dup_string (span, "key", KEY_MAX, NULL)
                             : NULL;

  return key != NULL && *key != '\0' ? g_steal_pointer (&key) : NULL;
}

/* `{ID: {"kind": "camera"|"screen"}, …}` */
static GStrv
read_screens (MbJsonSpan streams)
{
  g_autoptr (GPtrArray) screens = g_ptr_array_new_with_free_func (g_free);
  MbJsonIter iter;
  MbJsonSpan name;
  MbJsonSpan value;
  MbJsonSpan kind;

  mb_json_iter_init (&iter, streams);
  while (screens->len < MAX_SCREENS && mb_json_iter_next (&iter, &name, &value)) {
    char *id = NULL;

    if (mb_json_span_get_kind (value) == MB_JSON_OBJECT && mb_json_find (value, "kind", &kind) &&
        mb_json_span_equals (kind, "screen"))
      id = mb_json_span_dup_string (name, "stream", STREAM_ID_MAX, NULL);
    if (id != NULL)
      g_ptr_array_add (screens, id);
  }
  g_ptr_array_add (screens, NULL);
  return (GStrv) g_ptr_array_free (g_steal_pointer (&screens), FALSE);
}

/* Half a claim is none. */
static void
read_moved (MbChannelMessage *self, const MbJsonSpan *members)
{
  self->id = dup_key (members[MEMBER_ID]);
  self->key = dup_key (members[MEMBER_KEY]);
  if (self->key == NULL || !mb_peer_id_is_valid (self->id))
    self->kind = MB_CHANNEL_OTHER;
}

/**
 * mb_channel_message_parse:
 * @text: a message of the data channel, whatever it is
 *
 * Returns: (transfer full): of kind OTHER where it is none of ours or not whole
 */
MbChannelMessage *
mb_channel_message_parse (const char *text)
{
  MbChannelMessage *self = g_new0 (MbChannelMessage, 1);
  MbJsonSpan object = {0};
  MbJsonSpan members[N_MEMBERS] = {0};
  gsize length = strlen (text);

  if (length > SIGNAL_MAX || !mb_json_scan (text, length, MB_JSON_DEPTH, &object, NULL) ||
      mb_json_span_get_kind (object) != MB_JSON_OBJECT)
    return self;
  (void) mb_json_find_many (object, MEMBERS, members, N_MEMBERS);
  self->kind = read_kind (members[MEMBER_TYPE]);
  switch (self->kind) {
  case MB_CHANNEL_STATE:
    self->client = dup_key (members[MEMBER_CLIENT]);
    if (mb_json_span_get_kind (members[MEMBER_STREAMS]) == MB_JSON_OBJECT)
      self->screens = read_screens (members[MEMBER_STREAMS]);
    break;
  case MB_CHANNEL_MOVED:
    read_moved (self, members);
    break;
  case MB_CHANNEL_SIGNAL:
    if (mb_json_span_get_kind (members[MEMBER_DATA]) == MB_JSON_ABSENT)
      self->kind = MB_CHANNEL_OTHER;
    else
      self->data = g_bytes_new (members[MEMBER_DATA].text, members[MEMBER_DATA].length);
    break;
  case MB_CHANNEL_OTHER:
  case MB_CHANNEL_PING:
  case MB_CHANNEL_PONG:
    break;
  }
  return self;
}

static void
append_member (GString *text, const char *name, const char *value)
{
  g_string_append_printf (text, "%s\"%s\":", text->len > 1 ? "," : "", name);
  mb_json_append_string (text, value);
}

/* One line: events.jsonl keeps these messages as they are. */
static GString *
begin (MbChannelKind kind)
{
  GString *text = g_string_new ("{");

  append_member (text, "type", TYPES[kind]);
  return text;
}

static char *
finish (GString *text)
{
  g_string_append_c (text, '}');
  return g_string_free (text, FALSE);
}

/**
 * mb_channel_message_build:
 * @kind: PING or PONG
 *
 * Returns: (transfer full): `{"type": …}`
 */
char *
mb_channel_message_build (MbChannelKind kind)
{
  return finish (begin (kind));
}

/**
 * mb_channel_message_build_state:
 * @audio: we are to be heard
 * @video: we are to be seen
 * @client: our key
 *
 * Returns: (transfer full): `{"type":"state","audio","video","screen":false,"client"}`
 */
char *
mb_channel_message_build_state (gboolean audio, gboolean video, const char *client)
{
  GString *text = begin (MB_CHANNEL_STATE);

  g_string_append_printf (text, ",\"audio\":%s,\"video\":%s,\"screen\":false",
      audio ? "true" : "false", video ? "true" : "false");
  append_member (text, "client", client);
  return finish (text);
}

/**
 * mb_channel_message_build_moved:
 *
 * Returns: (transfer full): `{"type":"moved","id","key"}`
 */
char *
mb_channel_message_build_moved (const char *id, const char *key)
{
  GString *text = begin (MB_CHANNEL_MOVED);

  append_member (text, "id", id);
  append_member (text, "key", key);
  return finish (text);
}

/**
 * mb_channel_message_build_signal:
 * @data: JSON text
 *
 * Returns: (transfer full): `{"type":"signal","data":…}`
 */
char *
mb_channel_message_build_signal (GBytes *data)
{
  GString *text = begin (MB_CHANNEL_SIGNAL);
  gsize size = 0;
  const char *json = g_bytes_get_data (data, &size);

  g_string_append (text, ",\"data\":");
  g_string_append_len (text, json, (gssize) size);
  return finish (text);
}

/**
 * mb_channel_message_build_resume:
 *
 * Returns: (transfer full): `{"resume": key}`, for a signal
 */
GBytes *
mb_channel_message_build_resume (const char *key)
{
  GString *text = g_string_new ("{");

  append_member (text, "resume", key);
  g_string_append_c (text, '}');
  return g_string_free_to_bytes (text);
}

/**
 * mb_channel_message_read_resume:
 * @data: of a signal
 *
 * Returns: (transfer full) (nullable): the key it shows
 */
char *
mb_channel_message_read_resume (GBytes *data)
{
  gsize size = 0;
  const char *text = g_bytes_get_data (data, &size);
  MbJsonSpan object = {0};
  MbJsonSpan key = {0};

  if (!mb_json_scan (text, size, MB_JSON_DEPTH, &object, NULL) ||
      mb_json_span_get_kind (object) != MB_JSON_OBJECT || !mb_json_find (object, "resume", &key))
    return NULL;
  return dup_key (key);
}
