/* mb-sdp-slot.c: one section of a connection, through all its offers and answers
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sections of one bundle share a transport, so a payload type or an extension id must mean the same
 * in all of them, and what was once agreed keeps its number (RFC 8843, section 9.1; RFC 8285,
 * section 5).
 */
#include "mb-sdp-slot.h"

#include "mb-sdp-simulcast.h"

enum {
  FIRST_DYNAMIC = 96,
  LAST_DYNAMIC = 127,
  FIRST_LOW = 35,
  LAST_LOW = 63,
  LAST_EXTENSION = 14
};

MbSdpSlot *
mb_sdp_slot_new (MbSdpKind kind, const char *mid)
{
  MbSdpSlot *self = g_new0 (MbSdpSlot, 1);

  self->kind = kind;
  self->mid = g_strdup (mid);
  self->is_live = TRUE;
  return self;
}

MbSdpSlot *
mb_sdp_slot_copy (const MbSdpSlot *self)
{
  MbSdpSlot *copy = g_memdup2 (self, sizeof *self);

  copy->mid = g_strdup (self->mid);
  copy->track_id = g_strdup (self->track_id);
  copy->local = self->local != NULL ? mb_sdp_section_copy (self->local) : NULL;
  copy->remote = self->remote != NULL ? mb_sdp_section_copy (self->remote) : NULL;
  return copy;
}

void
mb_sdp_slot_free (MbSdpSlot *self)
{
  g_free (self->mid);
  g_free (self->track_id);
  g_clear_pointer (&self->local, mb_sdp_section_free);
  g_clear_pointer (&self->remote, mb_sdp_section_free);
  g_free (self);
}

void
mb_sdp_slot_set_remote (MbSdpSlot *self, const MbSdpSection *remote)
{
  g_clear_pointer (&self->remote, mb_sdp_section_free);
  self->remote = mb_sdp_section_copy (remote);
  self->is_live = !remote->is_rejected;
}

/* ---- numbers that hold for the whole bundle ---- */

static const MbSdpCodec *
match_either (const MbSdpSlot *slot, const MbCodecInfo *info)
{
  const MbSdpCodec *codec = NULL;

  if (slot->remote != NULL)
    codec = mb_codec_info_match (info, slot->remote);
  if (codec == NULL && slot->local != NULL)
    codec = mb_codec_info_match (info, slot->local);
  return codec;
}

static gboolean
section_uses (const MbSdpSection *section, unsigned int payload_type)
{
  for (unsigned int i = 0; section != NULL && i < section->codecs->len; i++) {
    const MbSdpCodec *codec = section->codecs->pdata[i];

    if (codec->payload_type == payload_type)
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_payload_type_free (const MbSdpSlotWish *wish, const MbSdpSection *building, unsigned int number)
{
  if (section_uses (building, number))
    return FALSE;
  for (unsigned int i = 0; i < wish->slots->len; i++) {
    const MbSdpSlot *slot = wish->slots->pdata[i];

    if (section_uses (slot->local, number) || section_uses (slot->remote, number))
      return FALSE;
  }
  return TRUE;
}

/* Returns: 0 if all are taken; that is PCMU's number, and never ours */
static unsigned int
find_free_payload_type (
    const MbSdpSlotWish *wish, const MbSdpSection *building, unsigned int preferred)
{
  if (is_payload_type_free (wish, building, preferred))
    return preferred;
  for (unsigned int number = FIRST_DYNAMIC; number <= LAST_DYNAMIC; number++) {
    if (is_payload_type_free (wish, building, number))
      return number;
  }
  for (unsigned int number = FIRST_LOW; number <= LAST_LOW; number++) {
    if (is_payload_type_free (wish, building, number))
      return number;
  }
  return 0;
}

static unsigned int
choose_payload_type (const MbSdpSlot *self, const MbSdpSlotWish *wish, const MbSdpSection *building,
    const MbCodecInfo *info)
{
  const MbSdpCodec *known = match_either (self, info);

  for (unsigned int i = 0; known == NULL && i < wish->slots->len; i++) {
    const MbSdpSlot *slot = wish->slots->pdata[i];

    /* A section that has no transport any more binds nobody. */
    if (slot->is_live)
      known = match_either (slot, info);
  }
  if (known != NULL && !section_uses (building, known->payload_type))
    return known->payload_type;
  return find_free_payload_type (wish, building, info->payload_type);
}

/* What repeats the codec @payload_type: as it is called anywhere in the bundle, or a free number. */
static unsigned int
choose_rtx_payload_type (
    const MbSdpSlotWish *wish, const MbSdpSection *building, unsigned int payload_type)
{
  for (unsigned int i = 0; i < wish->slots->len; i++) {
    const MbSdpSlot *slot = wish->slots->pdata[i];
    const MbSdpSection *sections[] = {slot->remote, slot->local};

    for (unsigned int k = 0; slot->is_live && k < G_N_ELEMENTS (sections); k++) {
      const MbSdpCodec *known =
          sections[k] != NULL ? mb_sdp_section_find_rtx (sections[k], payload_type) : NULL;

      if (known != NULL && !section_uses (building, known->payload_type))
        return known->payload_type;
    }
  }
  return find_free_payload_type (wish, building, payload_type + 1);
}

static void
add_rtx (MbSdpSection *section, unsigned int number, const MbSdpCodec *codec)
{
  MbSdpCodec *rtx = mb_sdp_section_add_codec (section, number, "rtx", codec->clock_rate, 0);

  rtx->apt = (int) codec->payload_type;
  rtx->fmtp = g_strdup_printf ("apt=%u", codec->payload_type);
}

static unsigned int
find_extension (const MbSdpSlotWish *wish, const char *uri)
{
  for (unsigned int i = 0; i < wish->slots->len; i++) {
    const MbSdpSlot *slot = wish->slots->pdata[i];
    unsigned int id = 0;

    if (slot->remote != NULL)
      id = mb_sdp_section_get_extension (slot->remote, uri);
    if (id == 0 && slot->local != NULL)
      id = mb_sdp_section_get_extension (slot->local, uri);
    if (id != 0)
      return id;
  }
  return 0;
}

static gboolean
section_has_extension_id (const MbSdpSection *section, unsigned int id)
{
  for (unsigned int i = 0; section != NULL && i < section->extensions->len; i++) {
    const MbSdpExtension *extension = section->extensions->pdata[i];

    if (extension->id == id)
      return TRUE;
  }
  return FALSE;
}

static unsigned int
choose_extension_id (const MbSdpSlotWish *wish, const MbSdpSection *building, const char *uri,
    unsigned int preferred)
{
  unsigned int id = find_extension (wish, uri);

  if (id != 0)
    return id;
  /* One-byte headers know 1 to 14 (RFC 8285, section 4.2). */
  for (unsigned int step = 0; step < LAST_EXTENSION; step++) {
    unsigned int candidate = (preferred - 1 + step) % LAST_EXTENSION + 1;
    gboolean is_taken = section_has_extension_id (building, candidate);

    for (unsigned int i = 0; i < wish->slots->len; i++) {
      const MbSdpSlot *slot = wish->slots->pdata[i];

      is_taken = is_taken || section_has_extension_id (slot->local, candidate) ||
                 section_has_extension_id (slot->remote, candidate);
    }
    if (!is_taken)
      return candidate;
  }
  return 0;
}

/* ---- our section ---- */

typedef struct {
  const char *uri;
  unsigned int preferred_id;
  unsigned int needed_by; /* MbSdpFeedback; 0 means always */
  gboolean is_of_simulcast;
  gboolean is_of_sound;
} Extension;

/* The numbers are the ones that Chromium uses. */
static const Extension EXTENSIONS[] = {
    {MB_SDP_URI_MID, 4, 0, FALSE, FALSE},
    {MB_SDP_URI_AUDIO_LEVEL, 1, 0, FALSE, TRUE},
    {MB_SDP_URI_ABS_SEND_TIME, 2, MB_SDP_FEEDBACK_GOOG_REMB, FALSE, FALSE},
    {MB_SDP_URI_TRANSPORT_CC, 3, MB_SDP_FEEDBACK_TRANSPORT_CC, FALSE, FALSE},
    /* Chromium cannot offer again what it once offered with simulcast, if this was not agreed to. */
    {MB_SDP_URI_RID, 10, 0, TRUE, FALSE},
    {MB_SDP_URI_REPAIRED_RID, 11, 0, TRUE, FALSE},
};

static gboolean
wants_extension (const MbSdpSlot *self, const Extension *extension, const MbSdpSlotWish *wish)
{
  if (extension->is_of_sound && self->kind != MB_SDP_KIND_AUDIO)
    return FALSE;
  if (extension->is_of_simulcast)
    return self->remote != NULL &&
           mb_sdp_section_get_extension (self->remote, extension->uri) != 0 &&
           (self->remote->rids->len > 0 ||
               (self->local != NULL &&
                   mb_sdp_section_get_extension (self->local, extension->uri) != 0));
  return extension->needed_by == 0 || (extension->needed_by & wish->feedback) != 0;
}

static unsigned int
feedback_for_kind (MbSdpKind kind, unsigned int feedback)
{
  /* Key frames and REMB are of video alone. */
  return kind == MB_SDP_KIND_VIDEO
             ? feedback
             : feedback & (MB_SDP_FEEDBACK_NACK | MB_SDP_FEEDBACK_TRANSPORT_CC);
}

/* By preference: what our source makes, if we would take it too, then what else we take. */
static GPtrArray *
list_codecs (const MbSdpSlot *self, const MbSdpSlotWish *wish)
{
  GPtrArray *codecs = g_ptr_array_new ();
  gpointer send = (gpointer) wish->send;
  gboolean is_resting;
  gboolean receives_send =
      send != NULL && g_ptr_array_find ((GPtrArray *) wish->receive, send, NULL);

  if (send != NULL && (receives_send || !self->wants_receive || wish->receive->len == 0))
    g_ptr_array_add (codecs, send);
  for (unsigned int i = 0; self->wants_receive && i < wish->receive->len; i++) {
    if (wish->receive->pdata[i] != send)
      g_ptr_array_add (codecs, wish->receive->pdata[i]);
  }
  if (send != NULL && !g_ptr_array_find (codecs, send, NULL))
    g_ptr_array_add (codecs, send);
  if (send != NULL && mb_codec_info_get_richer (send) != NULL)
    g_ptr_array_add (codecs, (gpointer) mb_codec_info_get_richer (send));
  /* A section that rests keeps what was agreed: without a codec it would be rejected for good. */
  is_resting = codecs->len == 0 && self->local != NULL;
  for (unsigned int i = 0; is_resting && i < self->local->codecs->len; i++) {
    const MbSdpCodec *codec = self->local->codecs->pdata[i];
    const MbCodecInfo *info = mb_codec_info_of (codec);

    if (info != NULL)
      g_ptr_array_add (codecs, (gpointer) info);
  }
  return codecs;
}

static unsigned int
wanted_direction (const MbSdpSlot *self, const MbSdpSlotWish *wish)
{
  unsigned int direction = MB_SDP_DIRECTION_INACTIVE;

  if (wish->send != NULL)
    direction |= MB_SDP_DIRECTION_SENDONLY;
  if (self->wants_receive && wish->receive->len > 0)
    direction |= MB_SDP_DIRECTION_RECVONLY;
  return direction;
}

static MbSdpSection *
new_section (const MbSdpSlot *self)
{
  MbSdpSection *section = mb_sdp_section_new (self->kind);

  section->mid = g_strdup (self->mid);
  section->has_rtcp_mux = TRUE;
  section->has_rtcp_rsize = TRUE;
  return section;
}

/**
 * mb_sdp_slot_build_offer:
 * @self: a slot of audio or video
 * @wish: what to say
 *
 * Returns: (transfer full): without transport and streams
 */
MbSdpSection *
mb_sdp_slot_build_offer (const MbSdpSlot *self, const MbSdpSlotWish *wish)
{
  MbSdpSection *section = new_section (self);
  g_autoptr (GPtrArray) codecs = list_codecs (self, wish);
  const char *accepted = self->local != NULL ? mb_sdp_simulcast_get_accepted (self->local) : NULL;

  section->direction = wanted_direction (self, wish);
  for (unsigned int i = 0; i < codecs->len; i++) {
    const MbCodecInfo *info = codecs->pdata[i];
    unsigned int number = choose_payload_type (self, wish, section, info);
    MbSdpCodec *codec;

    if (number == 0)
      continue;
    codec =
        mb_sdp_section_add_codec (section, number, info->name, info->clock_rate, info->channels);
    codec->feedback = feedback_for_kind (self->kind, wish->feedback);
    codec->fmtp = info == wish->send && wish->send_fmtp != NULL
                      ? g_strdup (wish->send_fmtp)
                      : mb_codec_info_dup_answer_fmtp (info, match_either (self, info));
    if (self->kind == MB_SDP_KIND_VIDEO && wish->has_rtx)
      number = choose_rtx_payload_type (wish, section, codec->payload_type);
    if (self->kind == MB_SDP_KIND_VIDEO && wish->has_rtx && number != 0)
      add_rtx (section, number, codec);
  }
  for (unsigned int i = 0; i < G_N_ELEMENTS (EXTENSIONS); i++) {
    unsigned int id;

    if (!wants_extension (self, &EXTENSIONS[i], wish))
      continue;
    id = choose_extension_id (wish, section, EXTENSIONS[i].uri, EXTENSIONS[i].preferred_id);
    if (id != 0)
      mb_sdp_section_add_extension (section, id, EXTENSIONS[i].uri);
  }
  /* A later offer without it would make the peer fall back to its first layer, for good. */
  if (accepted != NULL && (section->direction & MB_SDP_DIRECTION_RECVONLY) != 0)
    mb_sdp_simulcast_accept (section, accepted);
  return section;
}

/**
 * mb_sdp_slot_build_answer:
 * @self: a slot of audio or video that has the peer's offer
 * @wish: what to say
 *
 * Of a simulcast the largest layer is taken.
 *
 * Returns: (transfer full) (nullable): without transport and streams; NULL if there is nothing in
 *   common, and the section is to be rejected
 */
MbSdpSection *
mb_sdp_slot_build_answer (const MbSdpSlot *self, const MbSdpSlotWish *wish)
{
  g_autoptr (MbSdpSection) section = new_section (self);
  g_autoptr (GPtrArray) codecs = list_codecs (self, wish);
  const char *rid = mb_sdp_simulcast_choose (self->remote);

  section->direction =
      wanted_direction (self, wish) & mb_sdp_direction_mirror (self->remote->direction);
  for (unsigned int i = 0; i < codecs->len; i++) {
    const MbCodecInfo *info = codecs->pdata[i];
    const MbSdpCodec *offered = mb_codec_info_match (info, self->remote);
    const MbSdpCodec *rtx;
    MbSdpCodec *codec;

    if (offered == NULL)
      continue;
    codec = mb_sdp_section_add_codec (
        section, offered->payload_type, offered->name, offered->clock_rate, offered->channels);
    codec->feedback = feedback_for_kind (self->kind, wish->feedback) & offered->feedback;
    codec->fmtp = mb_codec_info_dup_answer_fmtp (info, offered);
    rtx = wish->has_rtx ? mb_sdp_section_find_rtx (self->remote, offered->payload_type) : NULL;
    if (rtx != NULL)
      add_rtx (section, rtx->payload_type, codec);
  }
  if (section->codecs->len == 0)
    return NULL;
  for (unsigned int i = 0; i < G_N_ELEMENTS (EXTENSIONS); i++) {
    unsigned int id = mb_sdp_section_get_extension (self->remote, EXTENSIONS[i].uri);

    if (id != 0 && wants_extension (self, &EXTENSIONS[i], wish))
      mb_sdp_section_add_extension (section, id, EXTENSIONS[i].uri);
  }
  if (rid != NULL && (section->direction & MB_SDP_DIRECTION_RECVONLY) != 0)
    mb_sdp_simulcast_accept (section, rid);
  return g_steal_pointer (&section);
}

/**
 * mb_sdp_slot_build_rejected:
 * @self: any slot
 *
 * Returns: (transfer full): port 0, with one of the formats that were there, since the grammar
 *   wants one
 */
MbSdpSection *
mb_sdp_slot_build_rejected (const MbSdpSlot *self)
{
  const MbSdpSection *model = self->remote != NULL ? self->remote : self->local;
  MbSdpSection *section = mb_sdp_section_new (self->kind);

  section->mid = g_strdup (self->mid);
  section->port = 0;
  section->is_rejected = TRUE;
  section->direction = MB_SDP_DIRECTION_INACTIVE;
  if (model == NULL)
    return section;
  g_free (section->media);
  g_free (section->protocol);
  section->media = g_strdup (model->media);
  section->protocol = g_strdup (model->protocol);
  if (model->codecs->len > 0) {
    const MbSdpCodec *codec = model->codecs->pdata[0];

    (void) mb_sdp_section_add_codec (
        section, codec->payload_type, codec->name, codec->clock_rate, codec->channels);
  }
  return section;
}
