/* mb-sio.c: Socket.IO 5 packets, and events put together with their attachments
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A packet is `type[attachments-][/namespace,][ack id][payload]`. The payload is scanned here, once,
 * so that all spans handed out are of checked text.
 */
#include "mb-sio.h"

#include <string.h>

#include "mb-error.h"
#include "mb-json-scan.h"
#include "mb-json-word.h"

/* What JavaScript holds exactly. */
#define ACK_ID_MAX G_GINT64_CONSTANT (9007199254740991)

struct _MbSioDecoder {
  unsigned int max_depth;
  gsize max_bytes;        /* of one packet with its attachments */
  char *text;             /* (nullable) of the packet whose attachments are awaited */
  MbSioPacket packet;     /* points into text */
  gsize n_bytes;          /* of that packet so far */
  GPtrArray *attachments; /* (nullable) (element-type GBytes) of the last packet */
};

static gboolean
fail (GError **error, const char *what)
{
  g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "Socket.IO packet %s", what);
  return FALSE;
}

/* Digits without a sign; moves behind them. FALSE if there is none or the number is too large. */
static gboolean
read_number (const char **at, const char *end, gint64 maximum, gint64 *value)
{
  const char *start = *at;
  gint64 number = 0;

  for (; *at < end && g_ascii_isdigit (**at); (*at)++) {
    number = number * 10 + (**at - '0');
    if (number > maximum)
      return FALSE;
  }
  *value = number;
  return *at > start;
}

static gboolean
read_attachments (const char **at, const char *end, MbSioPacket *packet, GError **error)
{
  gint64 number;

  if (packet->type != MB_SIO_BINARY_EVENT && packet->type != MB_SIO_BINARY_ACK)
    return TRUE;
  if (!read_number (at, end, MB_SIO_ATTACHMENTS_MAX, &number))
    return fail (error, "has no number of attachments, or more than 10");
  if (*at == end || **at != '-')
    return fail (error, "has no dash behind the number of attachments");
  (*at)++;
  packet->n_attachments = (unsigned int) number;
  return TRUE;
}

static gboolean
read_namespace (const char **at, const char *end, MbSioPacket *packet, GError **error)
{
  const char *comma;

  packet->nsp = (MbJsonSpan){"/", 1};
  if (*at == end || **at != '/')
    return TRUE;
  comma = memchr (*at, ',', (gsize) (end - *at));
  packet->nsp = (MbJsonSpan){*at, (gsize) ((comma != NULL ? comma : end) - *at)};
  if (packet->nsp.length > MB_SIO_NAMESPACE_MAX)
    return fail (error, "has too long a namespace");
  *at = comma != NULL ? comma + 1 : end;
  return TRUE;
}

/* Names that a client keeps for itself: an event called so would be taken for one of its own. */
static gboolean
is_reserved (MbJsonSpan name)
{
  static const char *const RESERVED[] = {
      "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"};

  for (gsize i = 0; i < G_N_ELEMENTS (RESERVED); i++) {
    if (mb_json_span_equals (name, RESERVED[i]))
      return TRUE;
  }
  return FALSE;
}

static gboolean
check_event_name (MbJsonSpan payload, GError **error)
{
  MbJsonIter iter;
  MbJsonSpan name;

  mb_json_iter_init (&iter, payload);
  if (!mb_json_iter_next (&iter, NULL, &name))
    return fail (error, "has no event name");
  if (mb_json_span_get_kind (name) != MB_JSON_STRING &&
      mb_json_span_get_kind (name) != MB_JSON_NUMBER)
    return fail (error, "has an event name that is no string");
  if (is_reserved (name))
    return fail (error, "has a reserved event name");
  return TRUE;
}

static gboolean
check_payload (const MbSioPacket *packet, GError **error)
{
  MbJsonKind kind = mb_json_span_get_kind (packet->payload);

  switch (packet->type) {
  case MB_SIO_CONNECT:
    return kind == MB_JSON_ABSENT || kind == MB_JSON_OBJECT ||
           fail (error, "has a connect payload that is no object");
  case MB_SIO_DISCONNECT:
    return kind == MB_JSON_ABSENT || fail (error, "has a payload to a disconnect");
  case MB_SIO_EVENT:
  case MB_SIO_BINARY_EVENT:
    if (kind != MB_JSON_ARRAY)
      return fail (error, "has an event payload that is no array");
    return check_event_name (packet->payload, error);
  case MB_SIO_ACK:
  case MB_SIO_BINARY_ACK:
    if (packet->ack_id == MB_SIO_NO_ACK)
      return fail (error, "acknowledges without an id");
    return kind == MB_JSON_ARRAY || fail (error, "has an acknowledgement that is no array");
  case MB_SIO_CONNECT_ERROR:
    return kind == MB_JSON_STRING || kind == MB_JSON_OBJECT ||
           fail (error, "has a connect error that is neither string nor object");
  }
  return fail (error, "has an unknown type");
}

/**
 * mb_sio_parse:
 * @text: the packet: the data of an Engine.IO message
 * @length: its length in bytes
 * @max_depth: how deep the payload may be nested
 * @packet: (out): the packet, pointing into @text; undefined on failure
 *
 * %MB_ERROR_BAD_REQUEST says what is wrong with it. Placeholders are checked when the attachments are
 * there, by the decoder. Thread: any.
 */
gboolean
mb_sio_parse (
    const char *text, gsize length, unsigned int max_depth, MbSioPacket *packet, GError **error)
{
  const char *at = text;
  const char *end;

  if (length == 0 || *at < '0' || *at > '6')
    return fail (error, "is empty or of no known type");
  end = text + length;
  *packet = (MbSioPacket){.type = (MbSioType) (*at++ - '0'), .ack_id = MB_SIO_NO_ACK};
  if (!read_attachments (&at, end, packet, error) || !read_namespace (&at, end, packet, error))
    return FALSE;
  /* A connect error may be text in quotes, an object or nothing else: no digit begins a payload. */
  if (at < end && g_ascii_isdigit (*at) && !read_number (&at, end, ACK_ID_MAX, &packet->ack_id))
    return fail (error, "has too large an acknowledgement id");
  if (at < end && !mb_json_scan (at, (gsize) (end - at), max_depth, &packet->payload, error)) {
    g_prefix_error (error, "Socket.IO payload: ");
    return FALSE;
  }
  return check_payload (packet, error);
}

/**
 * mb_sio_packet_is_in:
 * @nsp: a namespace, with its slash
 *
 * Thread: any.
 */
gboolean
mb_sio_packet_is_in (const MbSioPacket *packet, const char *nsp)
{
  return packet->nsp.length == strlen (nsp) &&
         memcmp (packet->nsp.text, nsp, packet->nsp.length) == 0;
}

/* What has been seen of the object, or the array, that is open at a level. */
typedef struct {
  gboolean is_placeholder;
  gboolean has_number;
} Level;

/* At a member's value: the last of equal names counts, as everywhere. */
static void
note_member (Level *level, MbJsonSpan name, MbJsonSpan rest, unsigned int n_attachments)
{
  if (mb_json_span_equals (name, "_placeholder")) {
    level->is_placeholder = rest.text[0] == 't';
  } else if (mb_json_span_equals (name, "num")) {
    const char *at = rest.text;
    const char *end = rest.text + rest.length;
    gint64 number = 0;

    /* Behind a JSON number's digits a fraction or exponent may stand: not what clients send. */
    level->has_number = read_number (&at, end, (gint64) n_attachments - 1, &number) && at < end &&
                        *at != '.' && *at != 'e' && *at != 'E';
  }
}

/* At a string: if it is a member's name, notes the member and ends at its value. */
static const char *
pass_string (const char *at, const char *end, Level *level, unsigned int n_attachments)
{
  const char *behind = mb_json_skip_string (at, end);
  const char *value = mb_json_skip_space (behind, end);

  if (level == NULL || value >= end || *value != ':')
    return behind;
  value = mb_json_skip_space (value + 1, end);
  note_member (level, (MbJsonSpan){at, (gsize) (behind - at)},
      (MbJsonSpan){value, (gsize) (end - value)}, n_attachments);
  return value;
}

/**
 * mb_sio_check_placeholders:
 * @value: a checked payload
 * @n_attachments: how many attachments it has
 *
 * A client that gets a placeholder for an attachment that is not there takes it for a broken
 * connection, so one member could throw out another: such a payload must not be passed on.
 * %MB_ERROR_BAD_REQUEST. One pass, however deep. Thread: any.
 */
gboolean
mb_sio_check_placeholders (MbJsonSpan value, unsigned int n_attachments, GError **error)
{
  Level levels[MB_JSON_DEPTH_MAX] = {{FALSE, FALSE}};
  unsigned int depth = 0;
  const char *at = value.text;
  const char *end = value.text + value.length;

  while (at < end) {
    Level *level = depth > 0 ? &levels[depth - 1] : NULL;

    switch (*at) {
    case '"':
      at = pass_string (at, end, level, n_attachments);
      continue;
    case '{':
    case '[':
      g_return_val_if_fail (depth < G_N_ELEMENTS (levels), FALSE);
      levels[depth++] = (Level){FALSE, FALSE};
      break;
    case '}':
    case ']':
      if (level != NULL && level->is_placeholder && !level->has_number)
        return fail (error, "has a placeholder without its attachment");
      depth--;
      break;
    default:
      break;
    }
    at++;
  }
  return TRUE;
}

/**
 * mb_sio_append_header:
 * @n_attachments: told for the binary types alone
 * @nsp: (nullable): the namespace, NULL or "/" for the main one
 * @ack_id: %MB_SIO_NO_ACK, or the acknowledgement asked for or given
 *
 * All of a packet but its payload, which the caller appends. Thread: any.
 */
void
mb_sio_append_header (
    GString *out, MbSioType type, unsigned int n_attachments, const char *nsp, gint64 ack_id)
{
  g_string_append_c (out, (char) ('0' + (int) type));
  if (type == MB_SIO_BINARY_EVENT || type == MB_SIO_BINARY_ACK)
    g_string_append_printf (out, "%u-", n_attachments);
  if (nsp != NULL && strcmp (nsp, "/") != 0) {
    g_string_append (out, nsp);
    g_string_append_c (out, ',');
  }
  if (ack_id != MB_SIO_NO_ACK)
    g_string_append_printf (out, "%" G_GINT64_FORMAT, ack_id);
}

/**
 * mb_sio_decoder_new:
 * @max_depth: how deep payloads may be nested
 * @max_bytes: the size of a packet with its attachments
 *
 * Returns: (transfer full): a decoder for one connection.
 */
MbSioDecoder *
mb_sio_decoder_new (unsigned int max_depth, gsize max_bytes)
{
  MbSioDecoder *self = g_new0 (MbSioDecoder, 1);

  self->max_depth = max_depth;
  self->max_bytes = max_bytes;
  return self;
}

void
mb_sio_decoder_free (MbSioDecoder *self)
{
  g_free (self->text);
  g_clear_pointer (&self->attachments, g_ptr_array_unref);
  g_free (self);
}

static gboolean
is_waiting (MbSioDecoder *self)
{
  return self->attachments != NULL && self->attachments->len < self->packet.n_attachments;
}

static gboolean
count_bytes (MbSioDecoder *self, gsize length, GError **error)
{
  if (length <= self->max_bytes - self->n_bytes) {
    self->n_bytes += length;
    return TRUE;
  }
  g_set_error (error, MB_ERROR, MB_ERROR_TOO_LARGE,
      "Socket.IO packet is larger than %" G_GSIZE_FORMAT " bytes", self->max_bytes);
  return FALSE;
}

/* Keeps the text, since the attachments come later, and makes the packet point into the copy. */
static void
keep_packet (MbSioDecoder *self, const char *text, gsize length, const MbSioPacket *packet)
{
  self->text = g_memdup2 (text, length);
  self->packet = *packet;
  if (packet->nsp.length > 1)
    self->packet.nsp.text = self->text + (packet->nsp.text - text);
  else
    self->packet.nsp = (MbJsonSpan){"/", 1};
  self->packet.payload.text = self->text + (packet->payload.text - text);
  self->attachments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
}

/**
 * mb_sio_decoder_take_text:
 * @text: the data of an Engine.IO message
 * @packet: (out): the packet when it is whole; its spans are good until the next call
 * @attachments: (out) (transfer none) (nullable) (element-type GBytes): what its placeholders stand
 *     for; may be referenced and kept. NULL if it has none
 *
 * %MB_ERROR_BAD_REQUEST if it is malformed or an attachment was due, %MB_ERROR_TOO_LARGE. After a
 * failure the connection is to be closed.
 *
 * Returns: %MB_SIO_MORE if attachments are to come.
 */
MbSioResult
mb_sio_decoder_take_text (MbSioDecoder *self, const char *text, gsize length, MbSioPacket *packet,
    GPtrArray **attachments, GError **error)
{
  *attachments = NULL;
  if (is_waiting (self)) {
    fail (error, "comes where an attachment was due");
    return MB_SIO_FAILED;
  }
  g_clear_pointer (&self->attachments, g_ptr_array_unref);
  g_clear_pointer (&self->text, g_free);
  self->n_bytes = 0;
  if (!count_bytes (self, length, error) ||
      !mb_sio_parse (text, length, self->max_depth, packet, error))
    return MB_SIO_FAILED;
  if (packet->type != MB_SIO_BINARY_EVENT && packet->type != MB_SIO_BINARY_ACK)
    return MB_SIO_PACKET;
  if (!mb_sio_check_placeholders (packet->payload, packet->n_attachments, error))
    return MB_SIO_FAILED;
  if (packet->n_attachments == 0)
    return MB_SIO_PACKET;
  keep_packet (self, text, length, packet);
  return MB_SIO_MORE;
}

/**
 * mb_sio_decoder_take_binary:
 * @data: the bytes of a binary Engine.IO message
 *
 * As mb_sio_decoder_take_text(), for an attachment.
 *
 * Returns: %MB_SIO_PACKET with the last one.
 */
MbSioResult
mb_sio_decoder_take_binary (MbSioDecoder *self, const void *data, gsize length, MbSioPacket *packet,
    GPtrArray **attachments, GError **error)
{
  *attachments = NULL;
  if (!is_waiting (self)) {
    fail (error, "with attachments was due before a binary message");
    return MB_SIO_FAILED;
  }
  if (!count_bytes (self, length, error))
    return MB_SIO_FAILED;
  g_ptr_array_add (self->attachments, g_bytes_new (data, length));
  if (is_waiting (self))
    return MB_SIO_MORE;
  *packet = self->packet;
  *attachments = self->attachments;
  return MB_SIO_PACKET;
}
