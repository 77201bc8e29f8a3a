/* mb-sdp-table.c: which section of a connection carries which of our tracks
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-sdp-table.h"

#include "mb-sdp-guard.h"

/* From here on stopped sections are used again instead of adding to the list for ever. */
enum {
  REUSE_FROM_SECTIONS = 12
};

static void
free_slot (gpointer data)
{
  mb_sdp_slot_free (data);
}

static void
free_track (gpointer data)
{
  mb_sdp_table_track_free (data);
}

void
mb_sdp_table_track_free (MbSdpTableTrack *track)
{
  g_free (track->id);
  g_free (track->stream_id);
  g_free (track->cname);
  g_free (track->content);
  g_free (track->fmtp);
  g_free (track->refusal);
  g_free (track);
}

void
mb_sdp_table_init (MbSdpTable *self)
{
  self->tracks = g_ptr_array_new_with_free_func (free_track);
  self->slots = g_ptr_array_new_with_free_func (free_slot);
  self->saved = NULL;
}

void
mb_sdp_table_clear (MbSdpTable *self)
{
  g_clear_pointer (&self->tracks, g_ptr_array_unref);
  g_clear_pointer (&self->slots, g_ptr_array_unref);
  g_clear_pointer (&self->saved, g_ptr_array_unref);
}

static GPtrArray *
copy_slots (const GPtrArray *slots)
{
  GPtrArray *copy = g_ptr_array_new_full (slots->len, free_slot);

  for (unsigned int i = 0; i < slots->len; i++)
    g_ptr_array_add (copy, mb_sdp_slot_copy (slots->pdata[i]));
  return copy;
}

/* Before an offer of either side changes the slots. */
void
mb_sdp_table_save (MbSdpTable *self)
{
  mb_sdp_table_commit (self);
  self->saved = copy_slots (self->slots);
}

/* The offer has its answer. */
void
mb_sdp_table_commit (MbSdpTable *self)
{
  g_clear_pointer (&self->saved, g_ptr_array_unref);
}

/* The offer is void. */
void
mb_sdp_table_restore (MbSdpTable *self)
{
  if (self->saved == NULL)
    return;
  g_ptr_array_unref (self->slots);
  self->slots = g_steal_pointer (&self->saved);
}

/* @track: (transfer full) */
void
mb_sdp_table_add_track (MbSdpTable *self, MbSdpTableTrack *track)
{
  g_ptr_array_add (self->tracks, track);
}

static void
forget_track (GPtrArray *slots, const char *id)
{
  for (unsigned int i = 0; slots != NULL && i < slots->len; i++) {
    MbSdpSlot *slot = slots->pdata[i];

    if (g_strcmp0 (slot->track_id, id) == 0)
      g_clear_pointer (&slot->track_id, g_free);
  }
}

/* Its slot stays, without a track. */
void
mb_sdp_table_remove_track (MbSdpTable *self, MbSdpTableTrack *track)
{
  forget_track (self->slots, track->id);
  forget_track (self->saved, track->id);
  g_ptr_array_remove (self->tracks, track);
}

/* Returns: (transfer none) (nullable) */
MbSdpTableTrack *
mb_sdp_table_find_track (const MbSdpTable *self, const char *id)
{
  for (unsigned int i = 0; id != NULL && i < self->tracks->len; i++) {
    MbSdpTableTrack *track = self->tracks->pdata[i];

    if (g_str_equal (track->id, id))
      return track;
  }
  return NULL;
}

/* Returns: (transfer none) (nullable): the section where the track is */
MbSdpSlot *
mb_sdp_table_find_slot (const MbSdpTable *self, const MbSdpTableTrack *track)
{
  for (unsigned int i = 0; i < self->slots->len; i++) {
    MbSdpSlot *slot = self->slots->pdata[i];

    if (g_strcmp0 (slot->track_id, track->id) == 0)
      return slot;
  }
  return NULL;
}

void
mb_sdp_table_refuse (MbSdpTableTrack *track, const char *reason)
{
  g_free (track->refusal);
  track->refusal = g_strdup (reason);
}

/**
 * mb_sdp_table_may_stand_apart:
 *
 * Browsers that decode H.264 high, and do not encode it, name it only in sections where they just
 * receive: ours is offered in one of its own before it counts as refused.
 */
gboolean
mb_sdp_table_may_stand_apart (const MbSdpTableTrack *track)
{
  return mb_codec_info_get_richer (track->codec) != NULL;
}

static gboolean
has_mid (const MbSdpTable *self, const char *mid)
{
  for (unsigned int i = 0; i < self->slots->len; i++) {
    const MbSdpSlot *slot = self->slots->pdata[i];

    if (g_strcmp0 (slot->mid, mid) == 0)
      return TRUE;
  }
  return FALSE;
}

/* Browsers count "0", "1", also for sections that they add later; a letter keeps ours apart. */
static char *
make_mid (const MbSdpTable *self, MbSdpKind kind)
{
  for (unsigned int i = 0;; i++) {
    g_autofree char *mid = g_strdup_printf ("%c%u", kind == MB_SDP_KIND_AUDIO ? 'a' : 'v', i);

    if (!has_mid (self, mid))
      return g_steal_pointer (&mid);
  }
}

/* Returns: (transfer none) (nullable): NULL if there may be no more sections */
static MbSdpSlot *
add_slot (MbSdpTable *self, MbSdpKind kind, const char *mid)
{
  g_autoptr (MbSdpSlot) slot = mb_sdp_slot_new (kind, mid);

  for (unsigned int i = 0; self->slots->len >= REUSE_FROM_SECTIONS && i < self->slots->len; i++) {
    const MbSdpSlot *old = self->slots->pdata[i];

    if (!old->is_live && old->local != NULL && old->local->is_rejected) {
      mb_sdp_slot_free (self->slots->pdata[i]);
      self->slots->pdata[i] = g_steal_pointer (&slot);
      return self->slots->pdata[i];
    }
  }
  if (self->slots->len >= MB_SDP_GUARD_MAX_SECTIONS)
    return NULL;
  g_ptr_array_add (self->slots, g_steal_pointer (&slot));
  return self->slots->pdata[self->slots->len - 1];
}

/* A section where we only receive so far can carry our track too, if the peer knows its codec. */
static MbSdpSlot *
find_slot_for_track (const MbSdpTable *self, const MbSdpTableTrack *track)
{
  for (unsigned int i = 0; i < self->slots->len; i++) {
    MbSdpSlot *slot = self->slots->pdata[i];

    if (slot->is_live && slot->kind == track->kind && slot->track_id == NULL &&
        (slot->remote == NULL || mb_codec_info_is_taken (track->codec, slot->remote)))
      return slot;
  }
  return NULL;
}

/* Tracks that are in no section yet get one: where we only receive so far, or a new one. */
void
mb_sdp_table_place_in_our_offer (MbSdpTable *self)
{
  for (unsigned int i = 0; i < self->tracks->len; i++) {
    MbSdpTableTrack *track = self->tracks->pdata[i];
    MbSdpSlot *slot;

    if (track->refusal != NULL || mb_sdp_table_find_slot (self, track) != NULL)
      continue;
    slot = find_slot_for_track (self, track);
    if (slot == NULL) {
      g_autofree char *mid = make_mid (self, track->kind);

      slot = add_slot (self, track->kind, mid);
    }
    if (slot != NULL)
      slot->track_id = g_strdup (track->id);
    else
      mb_sdp_table_refuse (track, "the connection has no room for another section");
  }
}

/**
 * mb_sdp_table_place_first:
 * @self: an empty table
 * @kinds: what we receive: each gets a section, ready for the peer's microphone and camera
 * @n_kinds: how many
 * @application_mid: the section of the data channels, which comes last
 */
void
mb_sdp_table_place_first (
    MbSdpTable *self, const MbSdpKind *kinds, unsigned int n_kinds, const char *application_mid)
{
  for (unsigned int i = 0; i < n_kinds; i++) {
    g_autofree char *mid = make_mid (self, kinds[i]);
    MbSdpSlot *slot = add_slot (self, kinds[i], mid);

    if (slot != NULL)
      slot->wants_receive = TRUE;
  }
  mb_sdp_table_place_in_our_offer (self);
  (void) add_slot (self, MB_SDP_KIND_APPLICATION, application_mid);
}

/* Our tracks go into the offered sections, in order; those that find none need our own offer. */
void
mb_sdp_table_place_in_their_offer (MbSdpTable *self)
{
  for (unsigned int i = 0; i < self->tracks->len; i++) {
    MbSdpTableTrack *track = self->tracks->pdata[i];
    gboolean is_wanted = FALSE;
    gboolean is_known = FALSE;

    if (track->refusal != NULL || mb_sdp_table_find_slot (self, track) != NULL)
      continue;
    for (unsigned int k = 0; k < self->slots->len; k++) {
      MbSdpSlot *slot = self->slots->pdata[k];

      if (!slot->is_live || slot->kind != track->kind || slot->remote == NULL ||
          (slot->remote->direction & MB_SDP_DIRECTION_RECVONLY) == 0)
        continue;
      is_wanted = TRUE;
      if (!mb_codec_info_is_taken (track->codec, slot->remote))
        continue;
      is_known = TRUE;
      if (slot->track_id == NULL) {
        slot->track_id = g_strdup (track->id);
        break;
      }
    }
    if (is_wanted && !is_known && !mb_sdp_table_may_stand_apart (track))
      mb_sdp_table_refuse (track, "the peer does not take its codec");
  }
}

/**
 * mb_sdp_table_take_remote:
 * @self: a table
 * @offer: an offer whose sections fit the slots
 *
 * New sections get slots, and the place of a stopped one may have become a new one.
 */
void
mb_sdp_table_take_remote (MbSdpTable *self, const MbSdp *offer)
{
  for (unsigned int i = 0; i < offer->sections->len; i++) {
    const MbSdpSection *section = offer->sections->pdata[i];
    MbSdpSlot *slot = i < self->slots->len ? self->slots->pdata[i] : NULL;

    if (slot == NULL || (!slot->is_live && !section->is_rejected)) {
      MbSdpSlot *fresh = mb_sdp_slot_new (section->kind, section->mid);

      fresh->wants_receive = TRUE;
      if (slot == NULL)
        g_ptr_array_add (self->slots, fresh);
      else
        self->slots->pdata[i] = fresh;
      g_clear_pointer (&slot, mb_sdp_slot_free);
      slot = fresh;
    }
    mb_sdp_slot_set_remote (slot, section);
    /* A browser sends its next track in the section that we made for ours, if it can. */
    if ((section->direction & MB_SDP_DIRECTION_SENDONLY) != 0)
      slot->wants_receive = TRUE;
    if (!slot->is_live)
      g_clear_pointer (&slot->track_id, g_free);
  }
}
