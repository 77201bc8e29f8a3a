/* mb-sdp-session.c: our side of offer and answer for one connection
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An offer that is open can be taken back whole: what was before it is kept until its answer comes.
 */
#include "mb-sdp-session.h"

#include <string.h>

#include "mb-error.h"
#include "mb-sdp-table.h"

enum {
  MAX_TRACKS = 16,
  MAX_LOCAL_CANDIDATES = 40,
  DEFAULT_SCTP_PORT = 5000,
};

typedef enum {
  STATE_STABLE,
  STATE_LOCAL_OFFER,
  STATE_REMOTE_OFFER,
} State;

struct _MbSdpSession {
  /* given at construction */
  char *session_id;
  GPtrArray *receive_audio; /* (element-type MbCodecInfo) */
  GPtrArray *receive_video; /* (element-type MbCodecInfo) */
  unsigned int feedback;
  gboolean rtx;

  /* from the transport */
  MbSdpTransport base;
  char *base_mid; /* (nullable) */
  unsigned int sctp_port;
  guint64 max_message_size;
  GPtrArray *candidates; /* (element-type utf8) ours */

  State state;
  guint64 version; /* of our next description */
  MbSdpTable table;
  GPtrArray *agreements; /* (element-type MbSdpAgreement) of the last whole exchange */
  MbSdpSetup role;       /* NONE before the first exchange is whole */
  MbSdpFingerprint remote_fingerprint;
  char *remote_session_id; /* (nullable) */
  char *remote_ufrag;      /* (nullable) */
};

/* ---- agreements ---- */

static void
free_agreement (gpointer data)
{
  mb_sdp_agreement_free (data);
}

/* The track is in no section now, and gets one of its own in our next offer. */
static void
leave_section (MbSdpSlot *slot, MbSdpAgreement *agreement)
{
  g_clear_pointer (&slot->track_id, g_free);
  g_clear_pointer (&agreement->track_id, g_free);
}

static void
update_agreements (MbSdpSession *self)
{
  g_ptr_array_set_size (self->agreements, 0);
  for (unsigned int i = 0; i < self->table.slots->len; i++) {
    MbSdpSlot *slot = self->table.slots->pdata[i];
    MbSdpTableTrack *track = mb_sdp_table_find_track (&self->table, slot->track_id);
    MbSdpAgreement *agreement;

    if (slot->local == NULL)
      continue;
    agreement = mb_sdp_agreement_new (
        i, slot, track != NULL ? track->id : NULL, track != NULL ? track->codec : NULL);
    g_ptr_array_add (self->agreements, agreement);
    if (track != NULL && !agreement->is_live)
      mb_sdp_table_refuse (track, "the peer refused its section");
    else if (track != NULL && agreement->send.codec == NULL && slot->wants_receive &&
             mb_sdp_table_may_stand_apart (track))
      leave_section (slot, agreement);
    else if (track != NULL && agreement->send.codec == NULL)
      mb_sdp_table_refuse (track, "the peer does not take its codec");
  }
}

/* ---- construction ---- */

static void
add_info (GPtrArray *infos, const MbCodecInfo *info, MbSdpKind kind)
{
  if (info != NULL && info->kind == kind && !g_ptr_array_find (infos, info, NULL))
    g_ptr_array_add (infos, (gpointer) info);
}

static GPtrArray *
list_infos (const char *const *names, MbSdpKind kind)
{
  GPtrArray *infos = g_ptr_array_new ();

  for (unsigned int i = 0; names != NULL && names[i] != NULL; i++) {
    add_info (infos, mb_codec_info_find (names[i]), kind);
    /* Who takes H.264 takes any of its profiles that browsers send. */
    if (g_ascii_strcasecmp (names[i], "h264") == 0) {
      add_info (infos, mb_codec_info_find ("h264-main"), kind);
      add_info (infos, mb_codec_info_find ("h264-high"), kind);
    }
  }
  return infos;
}

/**
 * mb_sdp_session_new:
 * @session_id: our o= id; a new connection must have a new one, since that is how peers see that it
 *   is one. 0 draws one
 * @capabilities: what we receive; codec names that we do not know are left out
 *
 * Returns: (transfer full)
 */
MbSdpSession *
mb_sdp_session_new (guint64 session_id, const MbSdpCapabilities *capabilities)
{
  MbSdpSession *self = g_new0 (MbSdpSession, 1);

  /* JSEP wants 63 bits of it. */
  while (session_id == 0)
    session_id = ((guint64) g_random_int () << 32 | g_random_int ()) & G_MAXINT64;
  self->session_id = g_strdup_printf ("%" G_GUINT64_FORMAT, session_id);
  self->receive_audio = list_infos (capabilities->audio, MB_SDP_KIND_AUDIO);
  self->receive_video = list_infos (capabilities->video, MB_SDP_KIND_VIDEO);
  self->feedback = capabilities->feedback;
  self->rtx = capabilities->rtx;
  self->sctp_port = DEFAULT_SCTP_PORT;
  self->candidates = g_ptr_array_new_with_free_func (g_free);
  self->version = 1;
  mb_sdp_table_init (&self->table);
  self->agreements = g_ptr_array_new_with_free_func (free_agreement);
  return self;
}

void
mb_sdp_session_free (MbSdpSession *self)
{
  g_free (self->session_id);
  g_ptr_array_unref (self->receive_audio);
  g_ptr_array_unref (self->receive_video);
  mb_sdp_transport_clear (&self->base);
  g_free (self->base_mid);
  g_ptr_array_unref (self->candidates);
  mb_sdp_table_clear (&self->table);
  g_ptr_array_unref (self->agreements);
  g_free (self->remote_fingerprint.algorithm);
  g_free (self->remote_fingerprint.value);
  g_free (self->remote_session_id);
  g_free (self->remote_ufrag);
  g_free (self);
}

/**
 * mb_sdp_session_add_track:
 * @self: a session
 * @track: what is to be sent; one that is already there by its id, or of a codec that we do not
 *   know, changes nothing
 *
 * Returns: whether an offer is needed for it
 */
gboolean
mb_sdp_session_add_track (MbSdpSession *self, const MbSdpTrack *track)
{
  const MbCodecInfo *codec = mb_codec_info_find (track->codec);
  MbSdpTableTrack *copy;

  if (codec != NULL && codec->kind == track->kind &&
      mb_sdp_table_find_track (&self->table, track->id) == NULL &&
      self->table.tracks->len < MAX_TRACKS) {
    copy = g_new0 (MbSdpTableTrack, 1);
    copy->id = g_strdup (track->id);
    copy->kind = track->kind;
    copy->codec = codec;
    copy->fmtp = g_strdup (track->fmtp);
    copy->stream_id = g_strdup (track->stream_id);
    copy->cname = g_strdup (track->cname);
    copy->content = g_strdup (track->content);
    copy->ssrc = track->ssrc;
    copy->rtx_ssrc = track->rtx_ssrc;
    mb_sdp_table_add_track (&self->table, copy);
  }
  return mb_sdp_session_needs_offer (self);
}

/**
 * mb_sdp_session_remove_track:
 * @self: a session
 * @track_id: one of our tracks
 *
 * Returns: whether an offer is needed to say so
 */
gboolean
mb_sdp_session_remove_track (MbSdpSession *self, const char *track_id)
{
  MbSdpTableTrack *track = mb_sdp_table_find_track (&self->table, track_id);

  if (track != NULL) {
    mb_sdp_table_remove_track (&self->table, track);
    if (self->state == STATE_STABLE)
      update_agreements (self);
  }
  return mb_sdp_session_needs_offer (self);
}

/**
 * mb_sdp_session_needs_offer:
 * @self: a session
 *
 * Returns: whether something that the peer was told is no longer so. FALSE before the first
 *   exchange, and for tracks that the peer has refused
 */
gboolean
mb_sdp_session_needs_offer (const MbSdpSession *self)
{
  if (self->role == MB_SDP_SETUP_NONE)
    return FALSE;
  for (unsigned int i = 0; i < self->table.tracks->len; i++) {
    const MbSdpTableTrack *track = self->table.tracks->pdata[i];

    if (track->refusal == NULL && mb_sdp_table_find_slot (&self->table, track) == NULL)
      return TRUE;
  }
  for (unsigned int i = 0; i < self->table.slots->len; i++) {
    const MbSdpSlot *slot = self->table.slots->pdata[i];

    if (slot->is_live && slot->kind != MB_SDP_KIND_APPLICATION && slot->local != NULL &&
        slot->track_id == NULL && (slot->local->direction & MB_SDP_DIRECTION_SENDONLY) != 0)
      return TRUE;
  }
  return FALSE;
}

/* ---- the transport's side ---- */

/**
 * mb_sdp_session_set_base:
 * @self: a session
 * @reduced: the transport's own local description, as it made it
 *
 * Errors: MB_ERROR_FAILED if it has no data channel section or no transport.
 *
 * Returns: whether our descriptions can be made from it
 */
gboolean
mb_sdp_session_set_base (MbSdpSession *self, const char *reduced, GError **error)
{
  g_autoptr (MbSdp) sdp = mb_sdp_parse (reduced, error);
  g_autoptr (MbSdpTransport) transport = NULL;
  const MbSdpSection *application;

  if (sdp == NULL)
    return FALSE;
  transport = mb_sdp_dup_transport (sdp);
  application = mb_sdp_find_application (sdp);
  if (application == NULL || application->mid == NULL || transport->ice_ufrag == NULL ||
      transport->ice_pwd == NULL || transport->fingerprint.value == NULL) {
    g_set_error (error, MB_ERROR, MB_ERROR_FAILED,
        "the transport's description has no data channel section or no transport");
    return FALSE;
  }
  mb_sdp_transport_copy_into (transport, &self->base);
  /* Candidates of ours always trickle, whatever the transport says. */
  g_free (self->base.ice_options);
  self->base.ice_options = g_strdup ("trickle");
  g_free (self->base_mid);
  self->base_mid = g_strdup (application->mid);
  if (application->sctp_port != 0)
    self->sctp_port = application->sctp_port;
  self->max_message_size = application->max_message_size;
  for (unsigned int i = 0; i < application->candidates->len; i++)
    mb_sdp_session_add_local_candidate (self, application->candidates->pdata[i]);
  return TRUE;
}

/**
 * mb_sdp_session_add_local_candidate:
 * @self: a session
 * @candidate: "candidate:…" of the transport's
 *
 * Later descriptions carry it, for peers that came too late for it or do not know trickle.
 */
void
mb_sdp_session_add_local_candidate (MbSdpSession *self, const char *candidate)
{
  if (g_str_has_prefix (candidate, "a="))
    candidate += strlen ("a=");
  if (g_str_has_prefix (candidate, "candidate:") && self->candidates->len < MAX_LOCAL_CANDIDATES &&
      !g_ptr_array_find_with_equal_func (self->candidates, candidate, g_str_equal, NULL))
    g_ptr_array_add (self->candidates, g_strdup (candidate));
}

/* ---- our descriptions ---- */

static const GPtrArray *
receive_of_kind (const MbSdpSession *self, MbSdpKind kind)
{
  return kind == MB_SDP_KIND_AUDIO ? self->receive_audio : self->receive_video;
}

static MbSdpSlotWish
make_wish (const MbSdpSession *self, const MbSdpSlot *slot)
{
  const MbSdpTableTrack *track = mb_sdp_table_find_track (&self->table, slot->track_id);

  return (MbSdpSlotWish){
      .slots = self->table.slots,
      .receive = receive_of_kind (self, slot->kind),
      .send = track != NULL ? track->codec : NULL,
      .send_fmtp = track != NULL ? track->fmtp : NULL,
      .feedback = self->feedback,
      .has_rtx = self->rtx,
  };
}

static MbSdpSsrc *
add_ssrc (MbSdpSection *section, const MbSdpTableTrack *track, guint32 number)
{
  MbSdpSsrc *ssrc = mb_sdp_section_add_ssrc (section, number);

  ssrc->cname = g_strdup (track->cname);
  ssrc->stream_id = g_strdup (track->stream_id);
  ssrc->track_id = g_strdup (track->id);
  return ssrc;
}

static void
add_stream (const MbSdpSession *self, const MbSdpSlot *slot, MbSdpSection *section)
{
  const MbSdpTableTrack *track = mb_sdp_table_find_track (&self->table, slot->track_id);

  if (track == NULL || (section->direction & MB_SDP_DIRECTION_SENDONLY) == 0)
    return;
  section->stream_id = g_strdup (track->stream_id);
  section->track_id = g_strdup (track->id);
  if (g_strcmp0 (track->content, "screen") == 0)
    section->content = g_strdup ("slides");
  add_ssrc (section, track, track->ssrc);
  for (unsigned int i = 0; track->rtx_ssrc != 0 && i < section->codecs->len; i++) {
    const MbSdpCodec *codec = section->codecs->pdata[i];

    if (codec->apt >= 0) {
      add_ssrc (section, track, track->rtx_ssrc)->repairs = track->ssrc;
      return;
    }
  }
}

static MbSdpSection *
build_application (const MbSdpSession *self, const MbSdpSlot *slot)
{
  MbSdpSection *section = mb_sdp_section_new (MB_SDP_KIND_APPLICATION);

  section->mid = g_strdup (slot->mid);
  section->sctp_port = self->sctp_port;
  section->max_message_size = self->max_message_size;
  return section;
}

/* Takes the new sections into the slots, and adds to them what all descriptions have. */
static char *
write_description (MbSdpSession *self, MbSdpSetup setup)
{
  g_autoptr (MbSdp) sdp = mb_sdp_new ();
  gboolean is_first = TRUE;

  sdp->session_id = g_strdup (self->session_id);
  sdp->session_version = self->version++;
  sdp->has_group = TRUE;
  sdp->msid_semantic = g_strdup (" WMS *");
  for (unsigned int i = 0; i < self->table.slots->len; i++) {
    const MbSdpSlot *slot = self->table.slots->pdata[i];
    MbSdpSection *section = mb_sdp_section_copy (slot->local);

    g_ptr_array_add (sdp->sections, section);
    if (section->is_rejected)
      continue;
    g_ptr_array_add (sdp->bundle, g_strdup (section->mid));
    mb_sdp_transport_copy_into (&self->base, &section->transport);
    section->transport.setup = setup;
    for (unsigned int k = 0; is_first && k < self->candidates->len; k++)
      g_ptr_array_add (section->candidates, g_strdup (self->candidates->pdata[k]));
    is_first = FALSE;
  }
  return mb_sdp_to_text (sdp);
}

static void
set_local (MbSdpSlot *slot, MbSdpSection *section)
{
  g_clear_pointer (&slot->local, mb_sdp_section_free);
  slot->local = section;
}

/* ---- offers of ours ---- */

static void
place_first (MbSdpSession *self)
{
  static const MbSdpKind KINDS[] = {MB_SDP_KIND_AUDIO, MB_SDP_KIND_VIDEO};
  MbSdpKind wanted[G_N_ELEMENTS (KINDS)];
  unsigned int n_wanted = 0;

  for (unsigned int i = 0; i < G_N_ELEMENTS (KINDS); i++) {
    if (receive_of_kind (self, KINDS[i])->len > 0)
      wanted[n_wanted++] = KINDS[i];
  }
  mb_sdp_table_place_first (&self->table, wanted, n_wanted, self->base_mid);
}

/**
 * mb_sdp_session_create_offer:
 * @self: a session that has its base, with no offer open
 *
 * Errors: MB_ERROR_FAILED if it is not in that state.
 *
 * Returns: (transfer full) (nullable): the description to send; it is open until its answer is set,
 *   or until mb_sdp_session_rollback ()
 */
char *
mb_sdp_session_create_offer (MbSdpSession *self, GError **error)
{
  if (self->state != STATE_STABLE || self->base_mid == NULL) {
    g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "an offer cannot be made %s",
        self->base_mid == NULL ? "before the transport's" : "while another is open");
    return NULL;
  }
  mb_sdp_table_save (&self->table);
  if (self->table.slots->len == 0)
    place_first (self);
  else
    mb_sdp_table_place_in_our_offer (&self->table);
  for (unsigned int i = 0; i < self->table.slots->len; i++) {
    MbSdpSlot *slot = self->table.slots->pdata[i];
    MbSdpSlotWish wish = make_wish (self, slot);

    if (!slot->is_live) {
      set_local (slot, mb_sdp_slot_build_rejected (slot));
    } else if (slot->kind == MB_SDP_KIND_APPLICATION) {
      set_local (slot, build_application (self, slot));
    } else {
      set_local (slot, mb_sdp_slot_build_offer (slot, &wish));
      add_stream (self, slot, slot->local);
    }
  }
  self->state = STATE_LOCAL_OFFER;
  return write_description (self, MB_SDP_SETUP_ACTPASS);
}

/**
 * mb_sdp_session_rollback:
 * @self: a session
 *
 * Takes back an offer that is open, of either side; without one nothing happens.
 */
void
mb_sdp_session_rollback (MbSdpSession *self)
{
  if (self->state == STATE_STABLE)
    return;
  mb_sdp_table_restore (&self->table);
  self->state = STATE_STABLE;
  if (self->role != MB_SDP_SETUP_NONE)
    update_agreements (self);
}

/* ---- the peer's descriptions ---- */

static gboolean
check_remote (const MbSdpSession *self, const MbSdp *remote, GError **error)
{
  g_autoptr (MbSdpTransport) transport = mb_sdp_dup_transport (remote);

  if (self->remote_session_id != NULL &&
      !g_str_equal (self->remote_session_id, remote->session_id)) {
    g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST,
        "the description is of another connection of the peer");
    return FALSE;
  }
  if (transport->fingerprint.value == NULL || transport->ice_ufrag == NULL ||
      (self->remote_fingerprint.value != NULL &&
          !g_str_equal (self->remote_fingerprint.value, transport->fingerprint.value))) {
    g_set_error (error, MB_ERROR, MB_ERROR_SECURITY,
        "the description's fingerprint is missing, or not the one of this connection");
    return FALSE;
  }
  return TRUE;
}

static void
take_remote (MbSdpSession *self, const MbSdp *remote)
{
  g_autoptr (MbSdpTransport) transport = mb_sdp_dup_transport (remote);

  if (self->remote_session_id == NULL)
    self->remote_session_id = g_strdup (remote->session_id);
  if (self->remote_fingerprint.value == NULL) {
    self->remote_fingerprint.algorithm = g_steal_pointer (&transport->fingerprint.algorithm);
    self->remote_fingerprint.value = g_steal_pointer (&transport->fingerprint.value);
  }
  g_free (self->remote_ufrag);
  self->remote_ufrag = g_steal_pointer (&transport->ice_ufrag);
}

/* An m-line keeps its kind and mid for as long as it lives (RFC 8829, section 5.2.2). */
static gboolean
check_sections (const MbSdpSession *self, const MbSdp *remote, GError **error)
{
  gboolean is_answer = self->state == STATE_LOCAL_OFFER;

  if (remote->sections->len < self->table.slots->len ||
      (is_answer && remote->sections->len != self->table.slots->len)) {
    g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST,
        "the description has %u sections where %u were agreed", remote->sections->len,
        self->table.slots->len);
    return FALSE;
  }
  for (unsigned int i = 0; i < self->table.slots->len; i++) {
    const MbSdpSlot *slot = self->table.slots->pdata[i];
    const MbSdpSection *section = remote->sections->pdata[i];

    if (!is_answer && !slot->is_live)
      continue;
    if (section->mid == NULL && section->is_rejected)
      continue;
    if (g_strcmp0 (slot->mid, section->mid) != 0 ||
        (slot->kind != section->kind && !section->is_rejected)) {
      g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST,
          "section %u of the description is not %s with mid %s, as agreed", i,
          mb_sdp_kind_to_string (slot->kind), slot->mid);
      return FALSE;
    }
  }
  return TRUE;
}

/**
 * mb_sdp_session_set_remote_answer:
 * @self: a session whose offer is open
 * @answer: one that passed the guard
 *
 * Errors: MB_ERROR_BAD_REQUEST, MB_ERROR_SECURITY if it does not fit; the offer stays open.
 *
 * Returns: whether it was taken
 */
gboolean
mb_sdp_session_set_remote_answer (MbSdpSession *self, const MbSdp *answer, GError **error)
{
  g_autoptr (MbSdpTransport) transport = mb_sdp_dup_transport (answer);

  if (self->state != STATE_LOCAL_OFFER) {
    g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "the answer is to no offer that is open");
    return FALSE;
  }
  if (!check_remote (self, answer, error) || !check_sections (self, answer, error))
    return FALSE;
  for (unsigned int i = 0; i < self->table.slots->len; i++) {
    MbSdpSlot *slot = self->table.slots->pdata[i];

    slot->is_answered_by_peer = TRUE;
    if (slot->is_live)
      mb_sdp_slot_set_remote (slot, answer->sections->pdata[i]);
  }
  take_remote (self, answer);
  if (self->role == MB_SDP_SETUP_NONE)
    self->role =
        transport->setup == MB_SDP_SETUP_PASSIVE ? MB_SDP_SETUP_ACTIVE : MB_SDP_SETUP_PASSIVE;
  mb_sdp_table_commit (&self->table);
  self->state = STATE_STABLE;
  update_agreements (self);
  return TRUE;
}

/**
 * mb_sdp_session_set_remote_offer:
 * @self: a session with no offer open
 * @offer: one that passed the guard
 *
 * Errors: MB_ERROR_BAD_REQUEST, MB_ERROR_SECURITY if it does not fit what was agreed before;
 *   MB_ERROR_FAILED while an offer of ours is open.
 *
 * Returns: whether it was taken
 */
gboolean
mb_sdp_session_set_remote_offer (MbSdpSession *self, const MbSdp *offer, GError **error)
{
  if (self->state == STATE_LOCAL_OFFER) {
    g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "an offer of ours is open");
    return FALSE;
  }
  mb_sdp_session_rollback (self);
  if (!check_remote (self, offer, error) || !check_sections (self, offer, error))
    return FALSE;
  mb_sdp_table_save (&self->table);
  mb_sdp_table_take_remote (&self->table, offer);
  take_remote (self, offer);
  self->state = STATE_REMOTE_OFFER;
  return TRUE;
}

static MbSdpSection *
answer_slot (MbSdpSession *self, MbSdpSlot *slot, gboolean is_application_taken)
{
  MbSdpSlotWish wish = make_wish (self, slot);
  MbSdpSection *section = NULL;

  if (slot->is_live && slot->kind == MB_SDP_KIND_APPLICATION && !is_application_taken)
    return build_application (self, slot);
  if (slot->is_live && (slot->kind == MB_SDP_KIND_AUDIO || slot->kind == MB_SDP_KIND_VIDEO))
    section = mb_sdp_slot_build_answer (slot, &wish);
  if (section == NULL) {
    slot->is_live = FALSE;
    return mb_sdp_slot_build_rejected (slot);
  }
  add_stream (self, slot, section);
  return section;
}

/**
 * mb_sdp_session_create_answer:
 * @self: a session that has its base and an offer of the peer
 *
 * Errors: MB_ERROR_FAILED if it is not in that state or the transport took no DTLS role,
 *   MB_ERROR_UNSUPPORTED if nothing of the offer is of use.
 *
 * Returns: (transfer full) (nullable): the description to send
 */
char *
mb_sdp_session_create_answer (MbSdpSession *self, GError **error)
{
  MbSdpSetup role = self->role != MB_SDP_SETUP_NONE ? self->role : self->base.setup;
  gboolean is_application_taken = FALSE;
  unsigned int n_live = 0;

  if (self->state != STATE_REMOTE_OFFER || self->base_mid == NULL ||
      (role != MB_SDP_SETUP_ACTIVE && role != MB_SDP_SETUP_PASSIVE)) {
    g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "an answer cannot be made before %s",
        self->state != STATE_REMOTE_OFFER ? "an offer" : "the transport's");
    return NULL;
  }
  mb_sdp_table_place_in_their_offer (&self->table);
  for (unsigned int i = 0; i < self->table.slots->len; i++) {
    MbSdpSlot *slot = self->table.slots->pdata[i];

    slot->is_answered_by_peer = FALSE;
    set_local (slot, answer_slot (self, slot, is_application_taken));
    n_live += slot->is_live ? 1 : 0;
    is_application_taken =
        is_application_taken || (slot->is_live && slot->kind == MB_SDP_KIND_APPLICATION);
  }
  if (n_live == 0) {
    g_set_error (
        error, MB_ERROR, MB_ERROR_UNSUPPORTED, "the peer offers nothing that we have a codec for");
    return NULL;
  }
  self->role = role;
  mb_sdp_table_commit (&self->table);
  self->state = STATE_STABLE;
  update_agreements (self);
  return write_description (self, role);
}

/* ---- what was agreed ---- */

/**
 * mb_sdp_session_get_agreements:
 * @self: a session
 *
 * Returns: (transfer none) (element-type MbSdpAgreement): by m-line, of the last exchange that came
 *   to its end; valid until the next call that takes a description, a track or a rollback
 */
const GPtrArray *
mb_sdp_session_get_agreements (const MbSdpSession *self)
{
  return self->agreements;
}

/* Returns: (transfer none) (nullable): the agreement of the section where our track is */
const MbSdpAgreement *
mb_sdp_session_find_track (const MbSdpSession *self, const char *track_id)
{
  for (unsigned int i = 0; i < self->agreements->len; i++) {
    const MbSdpAgreement *agreement = self->agreements->pdata[i];

    if (g_strcmp0 (agreement->track_id, track_id) == 0)
      return agreement;
  }
  return NULL;
}

/* Returns: (transfer none) (nullable): why the peer does not take this track; NULL if it might */
const char *
mb_sdp_session_get_refusal (const MbSdpSession *self, const char *track_id)
{
  const MbSdpTableTrack *track = mb_sdp_table_find_track (&self->table, track_id);

  return track != NULL ? track->refusal : NULL;
}

/* Returns: our DTLS role, ACTIVE or PASSIVE; NONE before the first exchange is whole */
MbSdpSetup
mb_sdp_session_get_role (const MbSdpSession *self)
{
  return self->role;
}

/* Returns: (transfer none): its strings are NULL before the first description of the peer */
const MbSdpFingerprint *
mb_sdp_session_get_remote_fingerprint (const MbSdpSession *self)
{
  return &self->remote_fingerprint;
}

/* Returns: (nullable) */
const char *
mb_sdp_session_get_remote_session_id (const MbSdpSession *self)
{
  return self->remote_session_id;
}

/* Returns: (nullable) */
const char *
mb_sdp_session_get_remote_ufrag (const MbSdpSession *self)
{
  return self->remote_ufrag;
}

/* Returns: (nullable) */
const char *
mb_sdp_session_get_local_ufrag (const MbSdpSession *self)
{
  return self->base.ice_ufrag;
}

/**
 * mb_sdp_session_get_candidate_mid:
 * @self: a session
 * @index: (out) (optional): its place among the m-lines
 *
 * Returns: (nullable): the mid to send our candidates with: that of the first live section, since
 *   it is the one that the bundle's transport belongs to
 */
const char *
mb_sdp_session_get_candidate_mid (const MbSdpSession *self, unsigned int *index)
{
  for (unsigned int i = 0; i < self->table.slots->len; i++) {
    const MbSdpSlot *slot = self->table.slots->pdata[i];

    if (slot->is_live) {
      if (index != NULL)
        *index = i;
      return slot->mid;
    }
  }
  return NULL;
}

/* Returns: whether data channels are agreed on */
gboolean
mb_sdp_session_has_application (const MbSdpSession *self)
{
  for (unsigned int i = 0; i < self->agreements->len; i++) {
    const MbSdpAgreement *agreement = self->agreements->pdata[i];

    if (agreement->kind == MB_SDP_KIND_APPLICATION && agreement->is_live)
      return TRUE;
  }
  return FALSE;
}
