/* mb-eio.c: Engine.IO 4 packets and polling payloads
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-eio.h"

#include <string.h>

#include "mb-error.h"
#include "mb-json-scan.h"
#include "mb-utf8.h"

#define SEPARATOR '\x1e'

typedef struct {
  unsigned int http_status;
  const char *body;
} Refusal;

static const Refusal REFUSALS[] = {
    [MB_EIO_REFUSAL_UNKNOWN_TRANSPORT] = {400, "{\"code\":0,\"message\":\"Transport unknown\"}"},
    [MB_EIO_REFUSAL_UNKNOWN_SID] = {400, "{\"code\":1,\"message\":\"Session ID unknown\"}"},
    [MB_EIO_REFUSAL_BAD_HANDSHAKE_METHOD] = {400,
        "{\"code\":2,\"message\":\"Bad handshake method\"}"},
    [MB_EIO_REFUSAL_BAD_REQUEST] = {400, "{\"code\":3,\"message\":\"Bad request\"}"},
    [MB_EIO_REFUSAL_FORBIDDEN] = {403, "{\"code\":4,\"message\":\"Forbidden\"}"},
    [MB_EIO_REFUSAL_UNSUPPORTED_PROTOCOL] = {400,
        "{\"code\":5,\"message\":\"Unsupported protocol version\"}"},
};

/**
 * mb_eio_parse_packet:
 * @text: a packet as text: a WebSocket text frame, UTF-8 checked there
 * @length: its length in bytes
 * @packet: (out): the packet; its data points into @text
 *
 * %MB_ERROR_BAD_REQUEST for an empty one or a type that is none. Thread: any.
 */
gboolean
mb_eio_parse_packet (const char *text, gsize length, MbEioPacket *packet, GError **error)
{
  if (length == 0 || text[0] < MB_EIO_OPEN || text[0] > MB_EIO_NOOP) {
    g_set_error_literal (
        error, MB_ERROR, MB_ERROR_BAD_REQUEST, "Engine.IO packet is empty or of no known type");
    return FALSE;
  }
  *packet = (MbEioPacket){
      .type = (MbEioType) text[0],
      .is_binary = FALSE,
      .data = text + 1,
      .length = length - 1,
  };
  return TRUE;
}

/**
 * mb_eio_reader_init:
 * @body: (nullable): a polling body; stays where it is until the reader is cleared
 * @length: its length in bytes; the caller has held it against maxPayload
 *
 * Thread: any.
 */
void
mb_eio_reader_init (MbEioReader *reader, const char *body, gsize length)
{
  *reader = (MbEioReader){.at = body};
  if (body != NULL)
    reader->end = body + length;
}

void
mb_eio_reader_clear (MbEioReader *reader)
{
  g_clear_pointer (&reader->decoded, g_byte_array_unref);
  reader->at = reader->end = NULL;
}

/* RFC 4648, whole groups with their padding: g_base64_decode() skips what it does not know. */
static gboolean
is_base64 (const char *text, gsize length)
{
  gsize n_padding = 0;

  if (length % 4 != 0)
    return FALSE;
  while (n_padding < 2 && n_padding < length && text[length - 1 - n_padding] == '=')
    n_padding++;
  for (gsize i = 0; i < length - n_padding; i++) {
    if (!g_ascii_isalnum (text[i]) && text[i] != '+' && text[i] != '/')
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_binary (
    MbEioReader *reader, const char *text, gsize length, MbEioPacket *packet, GError **error)
{
  int state = 0;
  unsigned int save = 0;
  gsize n_decoded;

  if (!is_base64 (text, length)) {
    g_set_error_literal (
        error, MB_ERROR, MB_ERROR_BAD_REQUEST, "Engine.IO binary packet is not base64");
    return FALSE;
  }
  if (reader->decoded == NULL)
    reader->decoded = g_byte_array_new ();
  g_byte_array_set_size (reader->decoded, (unsigned int) (length / 4 * 3 + 3));
  n_decoded = g_base64_decode_step (text, length, reader->decoded->data, &state, &save);
  *packet = (MbEioPacket){
      .type = MB_EIO_MESSAGE,
      .is_binary = TRUE,
      .data = (const char *) reader->decoded->data,
      .length = n_decoded,
  };
  return TRUE;
}

static gboolean
read_text (const char *text, gsize length, MbEioPacket *packet, GError **error)
{
  if (!mb_utf8_is_valid (text, length)) {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "Engine.IO packet is not UTF-8");
    return FALSE;
  }
  return mb_eio_parse_packet (text, length, packet, error);
}

/**
 * mb_eio_reader_next:
 * @packet: (out): the next packet; its data is good until the next call
 *
 * An empty body has no packets; an empty packet within one is an error. After an error there is
 * nothing more. A body may have as many packets as fit: clients put all into it that they have.
 *
 * Returns: FALSE at the end, and with @error set on a fault. Thread: any.
 */
gboolean
mb_eio_reader_next (MbEioReader *reader, MbEioPacket *packet, GError **error)
{
  const char *text = reader->at;
  const char *separator;
  gsize length;
  gboolean good;

  if (text == NULL || (!reader->begun && text == reader->end))
    return FALSE;
  reader->begun = TRUE;
  separator = memchr (text, SEPARATOR, (gsize) (reader->end - text));
  length = (gsize) ((separator != NULL ? separator : reader->end) - text);
  reader->at = separator != NULL ? separator + 1 : NULL;
  if (length > 0 && text[0] == 'b')
    good = read_binary (reader, text + 1, length - 1, packet, error);
  else
    good = read_text (text, length, packet, error);
  if (!good)
    reader->at = NULL;
  return good;
}

/**
 * mb_eio_get_polling_size:
 * @length: of the data, in bytes
 *
 * Returns: the bytes that a packet takes in a polling body, without a separator. Thread: any.
 */
gsize
mb_eio_get_polling_size (gboolean is_binary, gsize length)
{
  return 1 + (is_binary ? (length + 2) / 3 * 4 : length);
}

static void
append_separator (GString *payload)
{
  if (payload->len > 0)
    g_string_append_c (payload, SEPARATOR);
}

/**
 * mb_eio_append_packet:
 * @payload: packets so far, or an empty string for one packet alone (as in a WebSocket frame)
 * @data: (nullable): UTF-8 text behind the type
 * @length: of @data, in bytes
 *
 * Thread: any.
 */
void
mb_eio_append_packet (GString *payload, MbEioType type, const char *data, gsize length)
{
  append_separator (payload);
  g_string_append_c (payload, (char) type);
  if (length > 0)
    g_string_append_len (payload, data, (gssize) length);
}

/**
 * mb_eio_append_binary:
 * @payload: the packets of a polling body so far
 *
 * A binary message, for polling alone: over WebSocket it is a binary frame as it is. Thread: any.
 */
void
mb_eio_append_binary (GString *payload, const void *data, gsize length)
{
  g_autofree char *text = g_base64_encode (data, length);

  append_separator (payload);
  g_string_append_c (payload, 'b');
  g_string_append (payload, text);
}

/**
 * mb_eio_append_open:
 *
 * The open packet with its five keys, no more and no less. Thread: any.
 */
void
mb_eio_append_open (GString *payload, const MbEioOpen *open)
{
  append_separator (payload);
  g_string_append_c (payload, MB_EIO_OPEN);
  g_string_append (payload, "{\"sid\":");
  mb_json_append_string (payload, open->sid);
  g_string_append_printf (payload,
      ",\"upgrades\":[%s],\"pingInterval\":%u,\"pingTimeout\":%u,\"maxPayload\":%u}",
      open->upgrades_to_websocket ? "\"websocket\"" : "", open->ping_interval_ms,
      open->ping_timeout_ms, open->max_payload_bytes);
}

static gboolean
has_websocket (MbJsonSpan upgrades)
{
  MbJsonIter iter;
  MbJsonSpan item;

  mb_json_iter_init (&iter, upgrades);
  while (mb_json_iter_next (&iter, NULL, &item)) {
    if (mb_json_span_equals (item, "websocket"))
      return TRUE;
  }
  return FALSE;
}

/**
 * mb_eio_parse_open:
 * @packet: the first packet from a server
 * @open: (out): what it says, written on success only
 *
 * Needs `sid`, `pingInterval` and `pingTimeout` (each at most a day); servers before 6.2 do not tell
 * `maxPayload`. %MB_ERROR_BAD_REQUEST names the field. Thread: any.
 */
gboolean
mb_eio_parse_open (const MbEioPacket *packet, MbEioOpen *open, GError **error)
{
  static const char *const NAMES[] = {
      "sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"};
  const gint64 day_ms = G_GINT64_CONSTANT (86400000);
  MbEioOpen result = {.sid = ""};
  MbJsonSpan object;
  MbJsonSpan values[G_N_ELEMENTS (NAMES)];
  gint64 interval_ms;
  gint64 timeout_ms;
  gint64 max_payload = 0;

  if (packet->type != MB_EIO_OPEN || packet->is_binary) {
    g_set_error_literal (
        error, MB_ERROR, MB_ERROR_BAD_REQUEST, "first Engine.IO packet is not open");
    return FALSE;
  }
  if (!mb_json_scan (packet->data, packet->length, MB_JSON_DEPTH, &object, error))
    return FALSE;
  mb_json_find_many (object, NAMES, values, G_N_ELEMENTS (NAMES));
  if (!mb_json_span_copy_string (values[0], "sid", result.sid, sizeof result.sid, error) ||
      !mb_json_span_read_integer (values[2], "pingInterval", 1, day_ms, &interval_ms, error) ||
      !mb_json_span_read_integer (values[3], "pingTimeout", 1, day_ms, &timeout_ms, error))
    return FALSE;
  if (values[4].text != NULL &&
      !mb_json_span_read_integer (values[4], "maxPayload", 0, G_MAXINT64, &max_payload, error))
    return FALSE;
  if (result.sid[0] == '\0') {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "sid is empty");
    return FALSE;
  }
  result.upgrades_to_websocket = has_websocket (values[1]);
  result.ping_interval_ms = (unsigned int) interval_ms;
  result.ping_timeout_ms = (unsigned int) timeout_ms;
  result.max_payload_bytes = (unsigned int) MIN (max_payload, G_MAXUINT32);
  *open = result;
  return TRUE;
}

unsigned int
mb_eio_refusal_get_http_status (MbEioRefusal refusal)
{
  g_return_val_if_fail ((gsize) refusal < G_N_ELEMENTS (REFUSALS), 400);

  return REFUSALS[refusal].http_status;
}

/**
 * mb_eio_refusal_get_body:
 *
 * Returns: the JSON that a client gets with it. Thread: any.
 */
const char *
mb_eio_refusal_get_body (MbEioRefusal refusal)
{
  g_return_val_if_fail ((gsize) refusal < G_N_ELEMENTS (REFUSALS), "");

  return REFUSALS[refusal].body;
}
