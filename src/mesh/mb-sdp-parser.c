/* mb-sdp-parser.c: text → description
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Strict where a wrong reading would matter (the frame of lines, the m-lines, numbers), deaf to
 * what it does not know. Attributes that are malformed are left out rather than guessed at. Memory
 * is bounded by the text: mb-sdp-guard limits that before.
 */
#include "mb-sdp.h"

#include <stdlib.h>
#include <string.h>

#include "mb-error.h"

/* One browser section has some 50 codecs and a dozen extensions; no list grows past these. */
enum {
  MAX_CODECS = 128,
  MAX_SSRCS = 64,
  MAX_EXTENSIONS = 64,
  MAX_RIDS = 16,
  MAX_CANDIDATES = 64
};

typedef struct {
  MbSdp *sdp;
  MbSdpSection *section; /* (nullable) not owned; NULL in the session part */
  gboolean has_origin;
  MbSdpDirection direction; /* of the session part, the default of all sections */
} Parser;

/* Takes the number at the start of the text, at most @max, and moves past it; no sign, no hex. */
static gboolean
take_number (const char **text, guint64 max, guint64 *number)
{
  const char *at = *text;
  guint64 value = 0;

  if (!g_ascii_isdigit (*at))
    return FALSE;
  for (; g_ascii_isdigit (*at); at++) {
    if (value > (max - (guint64) (*at - '0')) / 10)
      return FALSE;
    value = value * 10 + (guint64) (*at - '0');
  }
  *text = at;
  *number = value;
  return TRUE;
}

static gboolean
take_spaces (const char **text)
{
  if (**text != ' ')
    return FALSE;
  while (**text == ' ')
    (*text)++;
  return TRUE;
}

static gboolean
parse_whole_number (const char *text, guint64 max, guint64 *number)
{
  return take_number (&text, max, number) && *text == '\0';
}

/* Returns: (transfer full) (nullable): the word at the start; moves past it and the spaces */
static char *
take_word (const char **text)
{
  gsize length = strcspn (*text, " ");
  g_autofree char *word = g_strndup (*text, length);

  *text += length;
  (void) take_spaces (text);
  return length > 0 ? g_steal_pointer (&word) : NULL;
}

static void
set_once (char **field, const char *value)
{
  if (*field == NULL && *value != '\0')
    *field = g_strdup (value);
}

/* ---- attributes that stand in the session part or in a section ---- */

static gboolean
is_strong (const char *algorithm)
{
  return g_str_equal (algorithm, "sha-256") || g_str_equal (algorithm, "sha-384") ||
         g_str_equal (algorithm, "sha-512");
}

/* RFC 8122 allows several; the first one of a hash that is strong enough is the one we check. */
static void
read_fingerprint (MbSdpTransport *transport, const char *value)
{
  g_autofree char *word = take_word (&value);
  g_autofree char *algorithm = word != NULL ? g_ascii_strdown (word, -1) : NULL;
  MbSdpFingerprint *fingerprint = &transport->fingerprint;

  if (algorithm == NULL || *value == '\0')
    return;
  if (fingerprint->algorithm != NULL &&
      (is_strong (fingerprint->algorithm) || !is_strong (algorithm)))
    return;
  g_free (fingerprint->algorithm);
  g_free (fingerprint->value);
  fingerprint->algorithm = g_steal_pointer (&algorithm);
  fingerprint->value = g_ascii_strup (value, -1);
}

static void
read_setup (MbSdpTransport *transport, const char *value)
{
  if (g_str_equal (value, "actpass"))
    transport->setup = MB_SDP_SETUP_ACTPASS;
  else if (g_str_equal (value, "active"))
    transport->setup = MB_SDP_SETUP_ACTIVE;
  else if (g_str_equal (value, "passive"))
    transport->setup = MB_SDP_SETUP_PASSIVE;
}

static gboolean
read_transport (MbSdpTransport *transport, const char *name, const char *value)
{
  if (g_str_equal (name, "ice-ufrag"))
    set_once (&transport->ice_ufrag, value);
  else if (g_str_equal (name, "ice-pwd"))
    set_once (&transport->ice_pwd, value);
  else if (g_str_equal (name, "ice-options"))
    set_once (&transport->ice_options, value);
  else if (g_str_equal (name, "fingerprint"))
    read_fingerprint (transport, value);
  else if (g_str_equal (name, "setup"))
    read_setup (transport, value);
  else
    return FALSE;
  return TRUE;
}

static gboolean
read_direction (MbSdpDirection *direction, const char *name)
{
  if (g_str_equal (name, "sendrecv"))
    *direction = MB_SDP_DIRECTION_SENDRECV;
  else if (g_str_equal (name, "sendonly"))
    *direction = MB_SDP_DIRECTION_SENDONLY;
  else if (g_str_equal (name, "recvonly"))
    *direction = MB_SDP_DIRECTION_RECVONLY;
  else if (g_str_equal (name, "inactive"))
    *direction = MB_SDP_DIRECTION_INACTIVE;
  else
    return FALSE;
  return TRUE;
}

/* ---- the session part ---- */

static void
read_group (MbSdp *sdp, const char *value)
{
  g_auto (GStrv) words = g_strsplit (value, " ", 0);

  if (words[0] == NULL || !g_str_equal (words[0], "BUNDLE") || sdp->has_group)
    return;
  sdp->has_group = TRUE;
  for (unsigned int i = 1; words[i] != NULL; i++) {
    if (*words[i] != '\0')
      g_ptr_array_add (sdp->bundle, g_strdup (words[i]));
  }
}

static void
read_session_attribute (Parser *self, const char *name, const char *value)
{
  if (read_transport (&self->sdp->transport, name, value) ||
      read_direction (&self->direction, name))
    return;
  if (g_str_equal (name, "group"))
    read_group (self->sdp, value);
  else if (g_str_equal (name, "msid-semantic"))
    set_once (&self->sdp->msid_semantic, value);
  else if (g_str_equal (name, "ice-lite"))
    self->sdp->is_ice_lite = TRUE;
}

/* o=<username> <sess-id> <sess-version> <nettype> <addrtype> <unicast-address> */
static gboolean
read_origin (Parser *self, const char *value, GError **error)
{
  g_auto (GStrv) words = g_strsplit (value, " ", 7);

  if (self->has_origin || g_strv_length (words) < 6 || *words[1] == '\0' ||
      !parse_whole_number (words[2], G_MAXUINT64, &self->sdp->session_version)) {
    g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "the description's o= line is malformed");
    return FALSE;
  }
  self->has_origin = TRUE;
  self->sdp->session_id = g_strdup (words[1]);
  return TRUE;
}

/* ---- sections ---- */

static MbSdpCodec *
find_codec (MbSdpSection *section, guint64 payload_type)
{
  for (unsigned int i = 0; i < section->codecs->len; i++) {
    MbSdpCodec *codec = section->codecs->pdata[i];

    if (codec->payload_type == payload_type)
      return codec;
  }
  return NULL;
}

/* Names of the static payload types (RFC 3551) that need no a=rtpmap. */
static void
name_static_codec (MbSdpCodec *codec)
{
  static const struct {
    unsigned int payload_type;
    const char *name;
  } STATIC[] = {{0, "PCMU"}, {8, "PCMA"}, {9, "G722"}, {13, "CN"}};

  for (unsigned int i = 0; i < G_N_ELEMENTS (STATIC); i++) {
    if (codec->payload_type == STATIC[i].payload_type && codec->name == NULL) {
      codec->name = g_strdup (STATIC[i].name);
      codec->clock_rate = 8000;
    }
  }
}

static void
read_formats (MbSdpSection *section, const char *formats)
{
  g_auto (GStrv) words = g_strsplit (formats, " ", MAX_CODECS + 1);

  for (unsigned int i = 0; words[i] != NULL && i < MAX_CODECS; i++) {
    guint64 payload_type;

    if (parse_whole_number (words[i], 127, &payload_type) &&
        find_codec (section, payload_type) == NULL)
      name_static_codec (mb_sdp_section_add_codec (section, payload_type, NULL, 0, 0));
  }
}

static MbSdpKind
kind_from_media (const char *media, const char *protocol)
{
  gboolean is_rtp = strstr (protocol, "RTP/") != NULL;

  if (g_str_equal (media, "audio"))
    return is_rtp ? MB_SDP_KIND_AUDIO : MB_SDP_KIND_OTHER;
  if (g_str_equal (media, "video"))
    return is_rtp ? MB_SDP_KIND_VIDEO : MB_SDP_KIND_OTHER;
  if (g_str_equal (media, "application") && strstr (protocol, "DTLS/SCTP") != NULL)
    return MB_SDP_KIND_APPLICATION;
  return MB_SDP_KIND_OTHER;
}

/* m=<media> <port>[/<count>] <proto> <fmt> ... */
static gboolean
read_media (Parser *self, const char *value, GError **error)
{
  const char *rest = value;
  g_autofree char *media = take_word (&rest);
  g_autofree char *port_word = take_word (&rest);
  g_autofree char *protocol = take_word (&rest);
  const char *port_at = port_word != NULL ? port_word : "";
  guint64 port;

  if (media == NULL || protocol == NULL || !take_number (&port_at, G_MAXUINT16, &port) ||
      (*port_at != '\0' && *port_at != '/')) {
    g_set_error (
        error, MB_ERROR, MB_ERROR_BAD_REQUEST, "an m= line of the description is malformed");
    return FALSE;
  }
  self->section = mb_sdp_section_new (kind_from_media (media, protocol));
  g_ptr_array_add (self->sdp->sections, self->section);
  g_free (self->section->media);
  g_free (self->section->protocol);
  self->section->media = g_steal_pointer (&media);
  self->section->protocol = g_steal_pointer (&protocol);
  self->section->port = (unsigned int) port;
  self->section->direction = self->direction;
  if (self->section->kind == MB_SDP_KIND_AUDIO || self->section->kind == MB_SDP_KIND_VIDEO)
    read_formats (self->section, rest);
  return TRUE;
}

/* a=rtpmap:<pt> <name>/<clock>[/<channels>] */
static void
read_rtpmap (MbSdpSection *section, const char *value)
{
  guint64 payload_type;
  guint64 clock_rate;
  guint64 channels = 0;

  if (!take_number (&value, 127, &payload_type) || !take_spaces (&value))
    return;

  MbSdpCodec *codec = find_codec (section, payload_type);
  g_auto (GStrv) parts = g_strsplit (value, "/", 3);

  if (codec == NULL || g_strv_length (parts) < 2 || *parts[0] == '\0' ||
      !parse_whole_number (parts[1], 10000000, &clock_rate) ||
      (parts[2] != NULL && !parse_whole_number (parts[2], 255, &channels)))
    return;
  g_free (codec->name);
  codec->name = g_strdup (parts[0]);
  codec->clock_rate = (unsigned int) clock_rate;
  codec->channels = (unsigned int) channels;
}

static void
read_fmtp (MbSdpSection *section, const char *value)
{
  guint64 payload_type;
  guint64 apt;
  MbSdpCodec *codec;

  if (!take_number (&value, 127, &payload_type) || !take_spaces (&value))
    return;
  codec = find_codec (section, payload_type);
  if (codec == NULL)
    return;
  set_once (&codec->fmtp, value);
  if (g_str_has_prefix (value, "apt=")) {
    value += strlen ("apt=");
    if (take_number (&value, 127, &apt))
      codec->apt = (int) apt;
  }
}

static unsigned int
feedback_from_string (const char *value)
{
  static const struct {
    const char *value;
    MbSdpFeedback feedback;
  } KNOWN[] = {
      {"nack", MB_SDP_FEEDBACK_NACK},
      {"nack pli", MB_SDP_FEEDBACK_NACK_PLI},
      {"ccm fir", MB_SDP_FEEDBACK_CCM_FIR},
      {"transport-cc", MB_SDP_FEEDBACK_TRANSPORT_CC},
      {"goog-remb", MB_SDP_FEEDBACK_GOOG_REMB},
  };

  for (unsigned int i = 0; i < G_N_ELEMENTS (KNOWN); i++) {
    if (g_str_equal (value, KNOWN[i].value))
      return KNOWN[i].feedback;
  }
  return 0;
}

/* a=rtcp-fb:<pt or *> <value> */
static void
read_feedback (MbSdpSection *section, const char *value)
{
  guint64 payload_type = G_MAXUINT64; /* all */

  if (*value == '*')
    value++;
  else if (!take_number (&value, 127, &payload_type))
    return;
  if (!take_spaces (&value))
    return;
  for (unsigned int i = 0; i < section->codecs->len; i++) {
    MbSdpCodec *codec = section->codecs->pdata[i];

    if (payload_type == G_MAXUINT64 || codec->payload_type == payload_type)
      codec->feedback |= feedback_from_string (value);
  }
}

/* a=extmap:<id>[/<direction>] <uri> [<attributes>]; ids above 255 are of alternatives (RFC 8285) */
static void
read_extmap (MbSdpSection *section, const char *value)
{
  guint64 id;

  if (!take_number (&value, 255, &id) || id == 0 || section->extensions->len >= MAX_EXTENSIONS)
    return;
  value += strcspn (value, " ");
  if (!take_spaces (&value))
    return;

  g_autofree char *uri = take_word (&value);

  if (uri != NULL && mb_sdp_section_get_extension (section, uri) == 0)
    mb_sdp_section_add_extension (section, (unsigned int) id, uri);
}

static MbSdpSsrc *
need_ssrc (MbSdpSection *section, guint64 number)
{
  MbSdpSsrc *ssrc = mb_sdp_section_find_ssrc (section, (guint32) number);

  if (ssrc == NULL && section->ssrcs->len < MAX_SSRCS)
    ssrc = mb_sdp_section_add_ssrc (section, (guint32) number);
  return ssrc;
}

/* a=ssrc:<ssrc> <attribute>[:<value>] */
static void
read_ssrc (MbSdpSection *section, const char *value)
{
  guint64 number;
  MbSdpSsrc *ssrc;

  if (!take_number (&value, G_MAXUINT32, &number) || !take_spaces (&value))
    return;
  ssrc = need_ssrc (section, number);
  if (ssrc == NULL)
    return;
  if (g_str_has_prefix (value, "cname:"))
    set_once (&ssrc->cname, value + strlen ("cname:"));
  if (g_str_has_prefix (value, "msid:") && ssrc->stream_id == NULL) {
    value += strlen ("msid:");
    ssrc->stream_id = take_word (&value);
    ssrc->track_id = take_word (&value);
  }
}

static gboolean
is_repaired (const MbSdpSection *section, guint64 number)
{
  for (unsigned int i = 0; i < section->ssrcs->len; i++) {
    const MbSdpSsrc *ssrc = section->ssrcs->pdata[i];

    if (ssrc->repairs != 0 && ssrc->repairs == number)
      return TRUE;
  }
  return FALSE;
}

/* a=ssrc-group:FID <media> <rtx>; FEC-FR <media> <fec>. SIM groups are of equals. */
static void
read_ssrc_group (MbSdpSection *section, const char *value)
{
  guint64 first;
  guint64 second;
  MbSdpSsrc *ssrc;

  if (!g_str_has_prefix (value, "FID ") && !g_str_has_prefix (value, "FEC-FR "))
    return;
  value = strchr (value, ' ');
  if (!take_spaces (&value) || !take_number (&value, G_MAXUINT32, &first) ||
      !take_spaces (&value) || !take_number (&value, G_MAXUINT32, &second) || first == second)
    return;
  ssrc = need_ssrc (section, first);
  /* A repair of a repair, or a circle, would leave no stream at all. */
  if (ssrc == NULL || ssrc->repairs != 0 || is_repaired (section, second))
    return;
  ssrc = need_ssrc (section, second);
  if (ssrc != NULL)
    ssrc->repairs = (guint32) first;
}

/* a=rid:<id> <send|recv> [<restrictions>] */
static void
read_rid (MbSdpSection *section, const char *value)
{
  g_autofree char *id = take_word (&value);
  g_autofree char *direction = take_word (&value);

  if (id == NULL || direction == NULL || section->rids->len >= MAX_RIDS)
    return;

  MbSdpRid *rid = g_new0 (MbSdpRid, 1);

  rid->id = g_steal_pointer (&id);
  rid->is_send = g_str_equal (direction, "send");
  g_ptr_array_add (section->rids, rid);
}

/* A track may be of several streams, with one line each; the first is the one it is played with. */
static void
read_msid (MbSdpSection *section, const char *value)
{
  if (section->stream_id != NULL)
    return;
  section->stream_id = take_word (&value);
  section->track_id = take_word (&value);
}

static void
read_sctp (MbSdpSection *section, const char *name, const char *value)
{
  guint64 number;

  if (g_str_equal (name, "sctp-port") && parse_whole_number (value, G_MAXUINT16, &number))
    section->sctp_port = (unsigned int) number;
  else if (g_str_equal (name, "max-message-size") &&
           parse_whole_number (value, G_MAXINT64, &number))
    section->max_message_size = number;
}

static void
read_codec_attribute (MbSdpSection *section, const char *name, const char *value)
{
  if (g_str_equal (name, "rtpmap"))
    read_rtpmap (section, value);
  else if (g_str_equal (name, "fmtp"))
    read_fmtp (section, value);
  else if (g_str_equal (name, "rtcp-fb"))
    read_feedback (section, value);
}

static void
read_stream_attribute (MbSdpSection *section, const char *name, const char *value)
{
  if (g_str_equal (name, "ssrc"))
    read_ssrc (section, value);
  else if (g_str_equal (name, "ssrc-group"))
    read_ssrc_group (section, value);
  else if (g_str_equal (name, "msid"))
    read_msid (section, value);
  else if (g_str_equal (name, "rid"))
    read_rid (section, value);
  else if (g_str_equal (name, "simulcast"))
    set_once (&section->simulcast, value);
  else if (g_str_equal (name, "content"))
    set_once (&section->content, value);
  else if (g_str_equal (name, "extmap"))
    read_extmap (section, value);
}

static void
read_section_attribute (
    MbSdpSection *section, const char *line, const char *name, const char *value)
{
  if (read_transport (&section->transport, name, value) ||
      read_direction (&section->direction, name))
    return;
  if (g_str_equal (name, "mid"))
    set_once (&section->mid, value);
  else if (g_str_equal (name, "bundle-only"))
    section->is_bundle_only = TRUE;
  else if (g_str_equal (name, "rtcp-mux"))
    section->has_rtcp_mux = TRUE;
  else if (g_str_equal (name, "rtcp-rsize"))
    section->has_rtcp_rsize = TRUE;
  else if (g_str_equal (name, "end-of-candidates"))
    section->has_end_of_candidates = TRUE;
  else if (g_str_equal (name, "candidate") && section->candidates->len < MAX_CANDIDATES)
    g_ptr_array_add (section->candidates, g_strdup (line + strlen ("a=")));
  read_codec_attribute (section, name, value);
  read_stream_attribute (section, name, value);
  read_sctp (section, name, value);
}

static void
read_attribute (Parser *self, const char *line)
{
  const char *attribute = line + strlen ("a=");
  const char *colon = strchr (attribute, ':');
  g_autofree char *name =
      colon != NULL ? g_strndup (attribute, (gsize) (colon - attribute)) : g_strdup (attribute);
  const char *value = colon != NULL ? colon + 1 : "";

  if (self->section != NULL)
    read_section_attribute (self->section, line, name, value);
  else
    read_session_attribute (self, name, value);
}

static gboolean
read_line (Parser *self, const char *line, GError **error)
{
  if (line[0] < 'a' || line[0] > 'z' || line[1] != '=') {
    g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST,
        "a line of the description does not begin with a letter and =");
    return FALSE;
  }
  if (line[0] == 'a')
    read_attribute (self, line);
  else if (line[0] == 'm')
    return read_media (self, line + 2, error);
  else if (line[0] == 'o' && self->section == NULL)
    return read_origin (self, line + 2, error);
  return TRUE;
}

/* What depends on several lines. Payload types that nothing named are of no use. */
static void
finish_section (MbSdpSection *section)
{
  section->is_rejected = section->port == 0 && !section->is_bundle_only;
  for (unsigned int i = section->codecs->len; i > 0; i--) {
    const MbSdpCodec *codec = section->codecs->pdata[i - 1];

    if (codec->name == NULL)
      g_ptr_array_remove_index (section->codecs, i - 1);
  }
}

/**
 * mb_sdp_parse:
 * @text: a session description; lines end in CRLF or LF
 *
 * Errors: MB_ERROR_BAD_REQUEST if it is not one. What it means is mb_sdp_guard_check ()'s matter.
 *
 * Returns: (transfer full) (nullable)
 */
MbSdp *
mb_sdp_parse (const char *text, GError **error)
{
  g_autoptr (MbSdp) sdp = mb_sdp_new ();
  Parser self = {.sdp = sdp, .direction = MB_SDP_DIRECTION_SENDRECV};
  gboolean is_first = TRUE;

  for (const char *at = text; *at != '\0';) {
    gsize length = strcspn (at, "\n");
    g_autofree char *line = g_strndup (at, length);

    at += length + (at[length] == '\n' ? 1 : 0);
    g_strchomp (line);
    if (*line == '\0')
      continue;
    if (is_first && !g_str_equal (line, "v=0"))
      break;
    is_first = FALSE;
    if (!read_line (&self, line, error))
      return NULL;
  }
  if (is_first || !self.has_origin) {
    g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "this is not a session description: no %s",
        is_first ? "v=0 at its start" : "o= line");
    return NULL;
  }
  for (unsigned int i = 0; i < sdp->sections->len; i++)
    finish_section (sdp->sections->pdata[i]);
  return g_steal_pointer (&sdp);
}
