/* mb-sdp.c: a session description as a value: making, copying, asking
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-sdp.h"

static void
codec_free (gpointer data)
{
  MbSdpCodec *self = data;

  g_free (self->name);
  g_free (self->fmtp);
  g_free (self);
}

static gpointer
codec_copy (gconstpointer data, gpointer user_data)
{
  const MbSdpCodec *self = data;
  MbSdpCodec *copy = g_memdup2 (self, sizeof *self);

  copy->name = g_strdup (self->name);
  copy->fmtp = g_strdup (self->fmtp);
  return copy;
}

static void
ssrc_free (gpointer data)
{
  MbSdpSsrc *self = data;

  g_free (self->cname);
  g_free (self->stream_id);
  g_free (self->track_id);
  g_free (self);
}

static gpointer
ssrc_copy (gconstpointer data, gpointer user_data)
{
  const MbSdpSsrc *self = data;
  MbSdpSsrc *copy = g_memdup2 (self, sizeof *self);

  copy->cname = g_strdup (self->cname);
  copy->stream_id = g_strdup (self->stream_id);
  copy->track_id = g_strdup (self->track_id);
  return copy;
}

static void
extension_free (gpointer data)
{
  MbSdpExtension *self = data;

  g_free (self->uri);
  g_free (self);
}

static gpointer
extension_copy (gconstpointer data, gpointer user_data)
{
  const MbSdpExtension *self = data;
  MbSdpExtension *copy = g_memdup2 (self, sizeof *self);

  copy->uri = g_strdup (self->uri);
  return copy;
}

static void
rid_free (gpointer data)
{
  MbSdpRid *self = data;

  g_free (self->id);
  g_free (self);
}

static gpointer
rid_copy (gconstpointer data, gpointer user_data)
{
  const MbSdpRid *self = data;
  MbSdpRid *copy = g_memdup2 (self, sizeof *self);

  copy->id = g_strdup (self->id);
  return copy;
}

static gpointer
string_copy (gconstpointer data, gpointer user_data)
{
  return g_strdup (data);
}

void
mb_sdp_transport_clear (MbSdpTransport *self)
{
  g_clear_pointer (&self->ice_ufrag, g_free);
  g_clear_pointer (&self->ice_pwd, g_free);
  g_clear_pointer (&self->ice_options, g_free);
  g_clear_pointer (&self->fingerprint.algorithm, g_free);
  g_clear_pointer (&self->fingerprint.value, g_free);
  self->setup = MB_SDP_SETUP_NONE;
}

void
mb_sdp_transport_free (MbSdpTransport *self)
{
  mb_sdp_transport_clear (self);
  g_free (self);
}

/* The target's former strings are freed. */
void
mb_sdp_transport_copy_into (const MbSdpTransport *self, MbSdpTransport *target)
{
  MbSdpTransport copy = *self;

  copy.ice_ufrag = g_strdup (self->ice_ufrag);
  copy.ice_pwd = g_strdup (self->ice_pwd);
  copy.ice_options = g_strdup (self->ice_options);
  copy.fingerprint.algorithm = g_strdup (self->fingerprint.algorithm);
  copy.fingerprint.value = g_strdup (self->fingerprint.value);
  mb_sdp_transport_clear (target);
  *target = copy;
}

MbSdpSection *
mb_sdp_section_new (MbSdpKind kind)
{
  MbSdpSection *self = g_new0 (MbSdpSection, 1);

  self->kind = kind;
  self->media = g_strdup (mb_sdp_kind_to_string (kind));
  self->protocol =
      g_strdup (kind == MB_SDP_KIND_APPLICATION ? "UDP/DTLS/SCTP" : "UDP/TLS/RTP/SAVPF");
  self->port = 9;
  self->direction = MB_SDP_DIRECTION_SENDRECV;
  self->codecs = g_ptr_array_new_with_free_func (codec_free);
  self->ssrcs = g_ptr_array_new_with_free_func (ssrc_free);
  self->extensions = g_ptr_array_new_with_free_func (extension_free);
  self->rids = g_ptr_array_new_with_free_func (rid_free);
  self->candidates = g_ptr_array_new_with_free_func (g_free);
  return self;
}

/* g_ptr_array_copy () forgets the free function. */
static GPtrArray *
copy_array (GPtrArray *array, GCopyFunc copy, GDestroyNotify free_func)
{
  GPtrArray *result = g_ptr_array_new_full (array->len, free_func);

  for (unsigned int i = 0; i < array->len; i++)
    g_ptr_array_add (result, copy (array->pdata[i], NULL));
  return result;
}

MbSdpSection *
mb_sdp_section_copy (const MbSdpSection *self)
{
  MbSdpSection *copy = g_memdup2 (self, sizeof *self);

  copy->media = g_strdup (self->media);
  copy->protocol = g_strdup (self->protocol);
  copy->mid = g_strdup (self->mid);
  copy->transport = (MbSdpTransport){0};
  mb_sdp_transport_copy_into (&self->transport, &copy->transport);
  copy->codecs = copy_array (self->codecs, codec_copy, codec_free);
  copy->ssrcs = copy_array (self->ssrcs, ssrc_copy, ssrc_free);
  copy->extensions = copy_array (self->extensions, extension_copy, extension_free);
  copy->rids = copy_array (self->rids, rid_copy, rid_free);
  copy->candidates = copy_array (self->candidates, string_copy, g_free);
  copy->simulcast = g_strdup (self->simulcast);
  copy->stream_id = g_strdup (self->stream_id);
  copy->track_id = g_strdup (self->track_id);
  copy->content = g_strdup (self->content);
  return copy;
}

void
mb_sdp_section_free (MbSdpSection *self)
{
  g_free (self->media);
  g_free (self->protocol);
  g_free (self->mid);
  mb_sdp_transport_clear (&self->transport);
  g_ptr_array_unref (self->codecs);
  g_ptr_array_unref (self->ssrcs);
  g_ptr_array_unref (self->extensions);
  g_ptr_array_unref (self->rids);
  g_ptr_array_unref (self->candidates);
  g_free (self->simulcast);
  g_free (self->stream_id);
  g_free (self->track_id);
  g_free (self->content);
  g_free (self);
}

static void
section_free (gpointer data)
{
  mb_sdp_section_free (data);
}

/**
 * mb_sdp_section_get_extension:
 * @self: a section
 * @uri: what the header extension is
 *
 * Returns: its number in this section; 0 if it is not there.
 */
unsigned int
mb_sdp_section_get_extension (const MbSdpSection *self, const char *uri)
{
  for (unsigned int i = 0; i < self->extensions->len; i++) {
    const MbSdpExtension *extension = self->extensions->pdata[i];

    if (g_str_equal (extension->uri, uri))
      return extension->id;
  }
  return 0;
}

/**
 * mb_sdp_section_find_rtx:
 * @self: a section
 * @payload_type: of a codec in it
 *
 * Returns: (transfer none) (nullable): what lost packets of it are repeated with (RFC 4588)
 */
const MbSdpCodec *
mb_sdp_section_find_rtx (const MbSdpSection *self, unsigned int payload_type)
{
  for (unsigned int i = 0; i < self->codecs->len; i++) {
    const MbSdpCodec *codec = self->codecs->pdata[i];

    if (codec->apt == (int) payload_type && g_ascii_strcasecmp (codec->name, "rtx") == 0)
      return codec;
  }
  return NULL;
}

/* Returns: (transfer none) (nullable) */
MbSdpSsrc *
mb_sdp_section_find_ssrc (const MbSdpSection *self, guint32 ssrc)
{
  for (unsigned int i = 0; i < self->ssrcs->len; i++) {
    MbSdpSsrc *item = self->ssrcs->pdata[i];

    if (item->ssrc == ssrc)
      return item;
  }
  return NULL;
}

/* Returns: (transfer none): the new codec, at the end of the list */
MbSdpCodec *
mb_sdp_section_add_codec (MbSdpSection *self, unsigned int payload_type, const char *name,
    unsigned int clock_rate, unsigned int channels)
{
  MbSdpCodec *codec = g_new0 (MbSdpCodec, 1);

  codec->payload_type = payload_type;
  codec->name = g_strdup (name);
  codec->clock_rate = clock_rate;
  codec->channels = channels;
  codec->apt = -1;
  g_ptr_array_add (self->codecs, codec);
  return codec;
}

void
mb_sdp_section_add_extension (MbSdpSection *self, unsigned int id, const char *uri)
{
  MbSdpExtension *extension = g_new0 (MbSdpExtension, 1);

  extension->id = id;
  extension->uri = g_strdup (uri);
  g_ptr_array_add (self->extensions, extension);
}

/* Returns: (transfer none): the new source, at the end of the list */
MbSdpSsrc *
mb_sdp_section_add_ssrc (MbSdpSection *self, guint32 ssrc)
{
  MbSdpSsrc *item = g_new0 (MbSdpSsrc, 1);

  item->ssrc = ssrc;
  g_ptr_array_add (self->ssrcs, item);
  return item;
}

MbSdp *
mb_sdp_new (void)
{
  MbSdp *self = g_new0 (MbSdp, 1);

  self->bundle = g_ptr_array_new_with_free_func (g_free);
  self->sections = g_ptr_array_new_with_free_func (section_free);
  return self;
}

void
mb_sdp_free (MbSdp *self)
{
  g_free (self->session_id);
  g_free (self->msid_semantic);
  g_ptr_array_unref (self->bundle);
  mb_sdp_transport_clear (&self->transport);
  g_ptr_array_unref (self->sections);
  g_free (self);
}

/* Returns: (transfer none) (nullable): NULL past the end */
MbSdpSection *
mb_sdp_get_section (const MbSdp *self, unsigned int index)
{
  return index < self->sections->len ? self->sections->pdata[index] : NULL;
}

/* Returns: (transfer none) (nullable) */
MbSdpSection *
mb_sdp_find_mid (const MbSdp *self, const char *mid)
{
  for (unsigned int i = 0; i < self->sections->len; i++) {
    MbSdpSection *section = self->sections->pdata[i];

    if (section->mid != NULL && g_strcmp0 (section->mid, mid) == 0)
      return section;
  }
  return NULL;
}

/**
 * mb_sdp_find_application:
 * @self: a description
 *
 * Returns: (transfer none) (nullable): the live section of the data channels, as RFC 8841 has it
 */
MbSdpSection *
mb_sdp_find_application (const MbSdp *self)
{
  for (unsigned int i = 0; i < self->sections->len; i++) {
    MbSdpSection *section = self->sections->pdata[i];

    if (section->kind == MB_SDP_KIND_APPLICATION && !section->is_rejected)
      return section;
  }
  return NULL;
}

gboolean
mb_sdp_is_bundled (const MbSdp *self, const MbSdpSection *section)
{
  for (unsigned int i = 0; section->mid != NULL && i < self->bundle->len; i++) {
    if (g_str_equal (self->bundle->pdata[i], section->mid))
      return TRUE;
  }
  return FALSE;
}

/* Fills only what is still missing. */
static void
fill_transport (MbSdpTransport *self, const MbSdpTransport *from)
{
  /* A name without its password, or the other way round, would be of two different agents. */
  if (self->ice_ufrag == NULL && self->ice_pwd == NULL) {
    self->ice_ufrag = g_strdup (from->ice_ufrag);
    self->ice_pwd = g_strdup (from->ice_pwd);
  }
  if (self->ice_options == NULL)
    self->ice_options = g_strdup (from->ice_options);
  if (self->fingerprint.value == NULL) {
    self->fingerprint.algorithm = g_strdup (from->fingerprint.algorithm);
    self->fingerprint.value = g_strdup (from->fingerprint.value);
  }
  if (self->setup == MB_SDP_SETUP_NONE)
    self->setup = from->setup;
}

/**
 * mb_sdp_dup_transport:
 * @self: a description
 *
 * What the one transport of a bundled description is made from: the section that the BUNDLE group
 * names first (RFC 8843, section 7), what it lacks from the session part, and then from any other
 * live section.
 *
 * Returns: (transfer full): some of it is still NULL where nothing said it
 */
MbSdpTransport *
mb_sdp_dup_transport (const MbSdp *self)
{
  MbSdpTransport *result = g_new0 (MbSdpTransport, 1);
  const MbSdpSection *tagged =
      self->bundle->len > 0 ? mb_sdp_find_mid (self, self->bundle->pdata[0]) : NULL;

  if (tagged != NULL)
    fill_transport (result, &tagged->transport);
  fill_transport (result, &self->transport);
  for (unsigned int i = 0; i < self->sections->len; i++) {
    const MbSdpSection *section = self->sections->pdata[i];

    if (!section->is_rejected)
      fill_transport (result, &section->transport);
  }
  return result;
}

/* What is sent by one is received by the other. */
MbSdpDirection
mb_sdp_direction_mirror (MbSdpDirection direction)
{
  unsigned int result = MB_SDP_DIRECTION_INACTIVE;

  if (direction & MB_SDP_DIRECTION_SENDONLY)
    result |= MB_SDP_DIRECTION_RECVONLY;
  if (direction & MB_SDP_DIRECTION_RECVONLY)
    result |= MB_SDP_DIRECTION_SENDONLY;
  return result;
}

const char *
mb_sdp_kind_to_string (MbSdpKind kind)
{
  switch (kind) {
  case MB_SDP_KIND_AUDIO:
    return "audio";
  case MB_SDP_KIND_VIDEO:
    return "video";
  case MB_SDP_KIND_APPLICATION:
    return "application";
  case MB_SDP_KIND_OTHER:
    break;
  }
  return "other";
}

const char *
mb_sdp_type_to_string (MbSdpType type)
{
  switch (type) {
  case MB_SDP_TYPE_OFFER:
    return "offer";
  case MB_SDP_TYPE_ANSWER:
    return "answer";
  case MB_SDP_TYPE_ROLLBACK:
    break;
  }
  return "rollback";
}

/* Returns: (nullable): NULL for none */
const char *
mb_sdp_setup_to_string (MbSdpSetup setup)
{
  switch (setup) {
  case MB_SDP_SETUP_ACTPASS:
    return "actpass";
  case MB_SDP_SETUP_ACTIVE:
    return "active";
  case MB_SDP_SETUP_PASSIVE:
    return "passive";
  case MB_SDP_SETUP_NONE:
    break;
  }
  return NULL;
}
