/* mb-stats.c: measures what one mesh sends and receives, once a second
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   MbMesh ─ peers come and go ─►┐
 *   MbFrameMeter ─ a post ──────►├─ MbStats ─► MbBotFigures
 *   MbTransport ─ a post ───────►┘
 *
 * Owned by whoever owns the mesh. It asks the engine and keeps what it says; what that means is in
 * mb-figures.c.
 */
#include "mb-stats.h"

#include <math.h>
#include <string.h>

#include "mb-frame-meter.h"
#include "mb-json.h"
#include "mb-peer.h"
#include "mb-probing.h"

#define INTERVAL_MS 1000
#define MAX_STATE_LENGTH 1024 /* bytes of a message about mute state */

/* One peer that is there. */
typedef struct {
  MbStats *stats;         /* not owned */
  MbPeer *peer;           /* not owned: it leaves the table before it dies */
  MbPeerFigures *figures; /* not owned */
  MbTrack *track;         /* (nullable) owned: whose frames are counted */
  MbFrameMeter *meter;    /* (nullable) owned, of @track */
  MbProbing *probing;     /* (nullable) owned */
  MbFrameFigures frames;
  gboolean is_video_off;
} Watch;

struct _MbStats {
  GObject parent;

  MbMedia *media;
  MbMeasureLevel level;
  MbBotFigures *figures;
  GHashTable *watches; /* (element-type MbPeer Watch) */
  MbHandle *handle;
  guint timer_id;
  gboolean ended;
};

G_DEFINE_FINAL_TYPE (MbStats, mb_stats, G_TYPE_OBJECT)

static void
drop_probing (Watch *self)
{
  if (self->probing == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->probing, self);
  mb_probing_stop (self->probing);
  g_clear_object (&self->probing);
}

static void
watch_free (gpointer data)
{
  Watch *self = data;

  g_signal_handlers_disconnect_by_data (self->peer, self);
  drop_probing (self);
  g_clear_pointer (&self->meter, mb_frame_meter_free);
  g_clear_pointer (&self->track, mb_track_unref);
  g_free (self);
}

/* The camera or microphone where there is one, else what else there is of the kind. */
static MbTrack *
choose_track (GPtrArray *tracks, MbMediaKind kind)
{
  MbTrack *chosen = NULL;

  for (guint i = 0; tracks != NULL && i < tracks->len; i++) {
    MbTrack *track = g_ptr_array_index (tracks, i);

    if (track->kind == kind && (chosen == NULL || (chosen->is_screen && !track->is_screen)))
      chosen = track;
  }
  return chosen;
}

static void
take_codecs (Watch *self, GPtrArray *tracks)
{
  for (guint i = 0; tracks != NULL && i < tracks->len; i++) {
    const MbTrack *track = g_ptr_array_index (tracks, i);
    int kind = track->kind == MB_MEDIA_KIND_VIDEO ? MB_FIGURES_VIDEO : MB_FIGURES_AUDIO;

    self->figures->codecs[kind] = mb_codec_get_name (track->codec);
  }
}

static void
on_news (MbProbing *probing, const MbProbingNews *news, Watch *watch)
{
  MbPeerFigures *figures = watch->figures;

  if (news->has_picture && watch->stats->level == MB_MEASURE_LEVEL_PIXELS) {
    mb_peer_figures_add (figures, MB_MEASURE_BLACK, news->black_ms);
    mb_peer_figures_add (figures, MB_MEASURE_FROZEN, news->still_ms);
  }
  if (news->has_sound)
    mb_peer_figures_add (figures, MB_MEASURE_SILENT, news->silent_ms);
  if (news->has_code) {
    mb_peer_figures_add (figures, MB_MEASURE_SKIPPED, (double) news->n_missed);
    mb_peer_figures_add (figures, MB_MEASURE_REPEATED, (double) news->n_repeated);
    mb_peer_figures_add (figures, MB_MEASURE_WRONG, (double) news->n_wrong);
  }
  if (!isnan (news->latency_ms))
    mb_peer_figures_sample (figures, MB_MEASURE_LATENCY, news->latency_ms);
  if (!isnan (news->skew_ms))
    mb_peer_figures_sample (figures, MB_MEASURE_AV_SKEW, fabs (news->skew_ms));
}

static void
on_probing_failed (MbProbing *probing, const GError *error, Watch *watch)
{
  g_autofree char *text = g_strdup_printf ("peer %s (%s): decoding: %s",
      mb_peer_get_id (watch->peer), mb_peer_get_display_name (watch->peer), error->message);

  g_warning ("%s", text);
  mb_bot_figures_add_error (watch->stats->figures, text);
}

static void
update_probing (Watch *self, MbTrack *video, MbTrack *audio)
{
  const char *name = mb_peer_get_display_name (self->peer);
  g_autoptr (GError) error = NULL;

  if (self->stats->level == MB_MEASURE_LEVEL_PACKETS ||
      (self->probing != NULL && mb_probing_is_of (self->probing, video, audio)))
    return;
  drop_probing (self);
  if (video == NULL && audio == NULL)
    return;
  /* Servers that tell no names leave nothing to compare with. */
  self->probing = mb_probing_new (
      video, audio, self->stats->level, *name != '\0' ? mb_probing_make_card_id (name) : 0, &error);
  if (self->probing == NULL) {
    on_probing_failed (NULL, error, self);
    return;
  }
  g_signal_connect (self->probing, "news", G_CALLBACK (on_news), self);
  g_signal_connect (self->probing, "failed", G_CALLBACK (on_probing_failed), self);
}

static void
on_tracks_changed (MbPeer *peer, Watch *watch)
{
  GPtrArray *tracks = mb_peer_get_tracks (peer);
  MbTrack *track = choose_track (tracks, MB_MEDIA_KIND_VIDEO);

  take_codecs (watch, tracks);
  update_probing (watch, track, choose_track (tracks, MB_MEDIA_KIND_AUDIO));
  if (track == watch->track)
    return;
  g_clear_pointer (&watch->meter, mb_frame_meter_free);
  g_clear_pointer (&watch->track, mb_track_unref);
  memset (&watch->frames, 0, sizeof watch->frames);
  if (track == NULL)
    return;
  watch->track = mb_track_ref (track);
  watch->meter = mb_frame_meter_new (watch->stats->media, track->feed);
}

static void
on_peer_connected (MbPeer *peer, Watch *watch)
{
  mb_peer_figures_set_state (watch->figures, MB_PEER_STATE_CONNECTED, g_get_monotonic_time ());
  mb_bot_figures_count (watch->stats->figures);
}

static void
on_peer_failed (MbPeer *peer, const GError *error, Watch *watch)
{
  g_autofree char *text = g_strdup_printf (
      "peer %s (%s): %s", mb_peer_get_id (peer), mb_peer_get_display_name (peer), error->message);

  mb_peer_figures_set_state (watch->figures, MB_PEER_STATE_FAILED, g_get_monotonic_time ());
  mb_bot_figures_count (watch->stats->figures);
  mb_bot_figures_add_error (watch->stats->figures, text);
}

/* A camera that its owner has turned off is not frozen. */
static void
on_peer_text (MbPeer *peer, const char *text, Watch *watch)
{
  g_autoptr (JsonObject) object = NULL;
  const char *type = NULL;
  gboolean has_video = TRUE;

  if (strlen (text) > MAX_STATE_LENGTH)
    return;
  object = mb_json_parse_object (text, -1, NULL);
  if (object == NULL || !mb_json_read_string (object, "type", MB_JSON_REQUIRED, &type, NULL) ||
      strcmp (type, "state") != 0 ||
      !mb_json_read_boolean (object, "video", MB_JSON_REQUIRED, &has_video, NULL))
    return;
  watch->is_video_off = !has_video;
  if (watch->is_video_off && watch->meter != NULL)
    mb_frame_meter_pause (watch->meter);
}

static void
on_peer_added (MbMesh *mesh, MbPeer *peer, MbStats *self)
{
  Watch *watch;

  if (self->ended || g_hash_table_contains (self->watches, peer))
    return;
  watch = g_new0 (Watch, 1);
  watch->stats = self;
  watch->peer = peer;
  watch->figures = mb_bot_figures_add_peer (self->figures, mb_peer_get_id (peer),
      mb_peer_get_display_name (peer), g_get_monotonic_time ());
  g_hash_table_insert (self->watches, peer, watch);
  g_signal_connect (peer, "tracks-changed", G_CALLBACK (on_tracks_changed), watch);
  g_signal_connect (peer, "connected", G_CALLBACK (on_peer_connected), watch);
  g_signal_connect (peer, "failed", G_CALLBACK (on_peer_failed), watch);
  g_signal_connect (peer, "text", G_CALLBACK (on_peer_text), watch);
}

static void
note_late_connection (MbStats *self, const Watch *watch)
{
  g_autofree char *text = NULL;

  if (watch->figures->state != MB_PEER_STATE_FAILED || watch->figures->connected_us != 0)
    return;
  text = g_strdup_printf (
      "peer %s (%s): no connection", watch->figures->id, watch->figures->display_name);
  mb_bot_figures_add_error (self->figures, text);
}

static void
end_watch (MbStats *self, Watch *watch)
{
  gboolean was_failed = watch->figures->state == MB_PEER_STATE_FAILED;

  mb_peer_figures_end (watch->figures, g_get_monotonic_time ());
  if (!was_failed)
    note_late_connection (self, watch);
}

static void
on_peer_removed (MbMesh *mesh, MbPeer *peer, MbStats *self)
{
  Watch *watch = g_hash_table_lookup (self->watches, peer);

  if (watch == NULL)
    return;
  if (!self->ended) {
    /* Once those of the same program leave, a peer that goes is no news. */
    if (watch->figures->state == MB_PEER_STATE_CONNECTED && !self->figures->peers_ended)
      mb_peer_figures_set_state (watch->figures, MB_PEER_STATE_LEFT, g_get_monotonic_time ());
    end_watch (self, watch);
    mb_bot_figures_count (self->figures);
  }
  g_hash_table_remove (self->watches, peer);
}

static void
on_joined (MbMesh *mesh, MbStats *self)
{
  if (!self->ended)
    mb_bot_figures_set_joined (self->figures, mb_mesh_get_own_id (mesh), g_get_monotonic_time ());
}

/* ---- once a second ---- */

static void
take_frames (gpointer object, gpointer data)
{
  MbStats *self = object;
  const MbFrameFigures *frames = data;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->watches);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Watch *watch = value;

    if (watch->meter == frames->meter)
      watch->frames = *frames;
  }
}

static void
add_stream (MbSnapshot *snapshot, const MbStreamStats *stream)
{
  int kind = stream->kind == MB_MEDIA_KIND_VIDEO ? MB_FIGURES_VIDEO : MB_FIGURES_AUDIO;
  MbTotals *totals = stream->is_sender ? &snapshot->tx[kind] : &snapshot->rx[kind];

  totals->is_there = TRUE;
  totals->packets += stream->packets;
  totals->bytes += stream->bytes;
  totals->lost += stream->lost;
  totals->recovered += stream->recovered;
  if (!stream->is_sender && stream->packets > 0)
    snapshot->jitter_ms = MAX (snapshot->jitter_ms, stream->jitter_ms);
  if (stream->is_sender)
    snapshot->rtt_ms = MAX (snapshot->rtt_ms, stream->rtt_ms);
}

static Watch *
find_by_transport (MbStats *self, const MbTransport *transport)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->watches);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Watch *watch = value;

    if (mb_peer_get_transport (watch->peer) == transport)
      return watch;
  }
  return NULL;
}

static void
take_transport (gpointer object, gpointer data)
{
  MbStats *self = object;
  const MbTransportStats *stats = data;
  Watch *watch = find_by_transport (self, stats->transport);
  MbSnapshot snapshot = {.at_us = stats->at_us};

  if (watch == NULL || !stats->secured)
    return;
  for (unsigned int i = 0; i < stats->n_streams; i++)
    add_stream (&snapshot, &stats->streams[i]);
  snapshot.frames = watch->frames.frames;
  snapshot.first_frame_us = watch->frames.first_us;
  snapshot.n_freezes = watch->frames.n_freezes;
  snapshot.frozen_ms = (double) watch->frames.frozen_us / 1000;
  snapshot.is_video_off = watch->is_video_off;
  mb_peer_figures_take (watch->figures, &snapshot);
}

static gboolean
on_second (gpointer user_data)
{
  MbStats *self = user_data;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->watches);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Watch *watch = value;
    MbTransport *transport = mb_peer_get_transport (watch->peer);

    if (transport == NULL)
      continue;
    /* In this order, so that the frames are there when the rest comes. */
    if (watch->meter != NULL)
      mb_frame_meter_request (watch->meter, self->handle, take_frames);
    mb_transport_request_stats (transport, self->handle, take_transport);
  }
  mb_bot_figures_count (self->figures);
  return G_SOURCE_CONTINUE;
}

/**
 * mb_stats_new:
 * @mesh: not started yet; not kept
 * @level: how much of the media is taken apart
 * @name: the bot's, for reports
 * @room: likewise
 *
 * Measures from now until mb_stats_end().
 */
MbStats *
mb_stats_new (
    MbMedia *media, MbMesh *mesh, MbMeasureLevel level, const char *name, const char *room)
{
  MbStats *self = g_object_new (MB_TYPE_STATS, NULL);

  self->media = mb_media_ref (media);
  self->level = level;
  self->figures = mb_bot_figures_new (name, room, g_get_monotonic_time ());
  g_signal_connect_object (mesh, "joined", G_CALLBACK (on_joined), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (mesh, "peer-added", G_CALLBACK (on_peer_added), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (
      mesh, "peer-removed", G_CALLBACK (on_peer_removed), self, G_CONNECT_DEFAULT);
  self->timer_id = g_timeout_add (INTERVAL_MS, on_second, self);
  return self;
}

/**
 * mb_stats_get_figures:
 *
 * Returns: (transfer none): grows until mb_stats_end()
 */
const MbBotFigures *
mb_stats_get_figures (MbStats *self)
{
  return self->figures;
}

/**
 * mb_stats_set_chance:
 *
 * What a seed has chosen for the bot, for the report.
 */
void
mb_stats_set_chance (MbStats *self, const char *cname, double place)
{
  mb_bot_figures_set_chance (self->figures, cname, place);
}

/**
 * mb_stats_add_error:
 * @text: what failed of the bot itself
 */
void
mb_stats_add_error (MbStats *self, const char *text)
{
  if (!self->ended)
    mb_bot_figures_add_error (self->figures, text);
}

/**
 * mb_stats_end_peers:
 *
 * Others of the same program begin to leave: how many are connected is counted no further.
 */
void
mb_stats_end_peers (MbStats *self)
{
  if (!self->figures->peers_ended)
    mb_bot_figures_count (self->figures);
  self->figures->peers_ended = TRUE;
}

/**
 * mb_stats_end:
 *
 * The bot leaves: what comes from here on does not count.
 */
void
mb_stats_end (MbStats *self)
{
  GHashTableIter iter;
  gpointer value;

  if (self->ended)
    return;
  mb_stats_end_peers (self);
  g_clear_handle_id (&self->timer_id, g_source_remove);
  g_hash_table_iter_init (&iter, self->watches);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    end_watch (self, value);
  self->ended = TRUE;
  g_hash_table_remove_all (self->watches);
}

static void
mb_stats_dispose (GObject *object)
{
  MbStats *self = MB_STATS (object);

  g_clear_handle_id (&self->timer_id, g_source_remove);
  g_hash_table_remove_all (self->watches);
  if (self->handle != NULL)
    mb_handle_clear (self->handle);
  g_clear_pointer (&self->handle, mb_handle_unref);
  g_clear_pointer (&self->media, mb_media_unref);
  G_OBJECT_CLASS (mb_stats_parent_class)->dispose (object);
}

static void
mb_stats_finalize (GObject *object)
{
  MbStats *self = MB_STATS (object);

  g_hash_table_unref (self->watches);
  g_clear_pointer (&self->figures, mb_bot_figures_free);
  G_OBJECT_CLASS (mb_stats_parent_class)->finalize (object);
}

static void
mb_stats_class_init (MbStatsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mb_stats_dispose;
  G_OBJECT_CLASS (klass)->finalize = mb_stats_finalize;
}

static void
mb_stats_init (MbStats *self)
{
  self->watches = g_hash_table_new_full (NULL, NULL, NULL, watch_free);
  self->handle = mb_handle_new (self);
}
