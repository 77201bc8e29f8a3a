/* mb-recorder.c: a session folder and the recordings in it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owned by a mesh that records. It decides which tracks share a file: the camera's audio and video
 * of a peer are one, each screen and each later track is one of its own. What it does is told in the
 * session's record, which outlives the last file by the time of a checksum. A file that fails (one
 * packet is enough for some depayloaders) is followed by another one, later each time.
 */
#include "mb-recorder.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "mb-channel-message.h"
#include "mb-error.h"
#include "mb-folder-lock.h"
#include "mb-metrics.h"
#include "mb-pipeline-path.h"
#include "mb-rec-name.h"
#include "mb-recording.h"
#include "mb-speaker.h"

#define FOLDER_MODE 0750
#define MAX_SAME_NAME 1000 /* files of one peer, or sessions that began in one second */
#define MAX_NAME 1024      /* bytes of a display name that are kept */
#define RETRY_MS 1000
#define MAX_DOUBLED 6      /* times: a minute */
#define GOOD_TIME_MS 60000 /* a file that lasted so long has paid for the failures before it */

/* One file under way. */
typedef struct {
  char *peer_id;
  MbRecordedFile *file; /* not owned: the record's */
  guint64 n_missing_told;
} Entry;

/* What a peer has now. */
typedef struct {
  MbRecorder *recorder; /* not owned */
  char *peer_id;
  char *display_name;
  GPtrArray *tracks; /* (element-type MbTrack) */
  GStrv screens;     /* (nullable) streams of which it says that they are screens */
  unsigned int n_failures;
  guint retry_id; /* 0 means none */
} Presence;

struct _MbRecorder {
  GObject parent;

  char *folder;
  MbSessionRecord *record;
  char *room_id;
  MbRecordingConfig config;
  MbSpace *space;     /* (nullable) */
  MbSpaceLevel level; /* what there is room for */
  MbSpeaker speaker;
  guint speaker_id; /* of its timer */
  gboolean audio_only;
  GHashTable *recordings; /* (element-type MbRecording Entry) */
  GHashTable *names;      /* (element-type utf8) stems that are taken */
  GHashTable *present;    /* (element-type utf8 Presence) by peer id */
  int lock;               /* of the folder, while we live; -1 means none */
  gboolean finishing;
};

enum {
  SIGNAL_FINISHED,
  N_SIGNALS,
};

static unsigned int signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MbRecorder, mb_recorder, G_TYPE_OBJECT)

static void
entry_free (gpointer data)
{
  Entry *self = data;

  g_free (self->peer_id);
  g_free (self);
}

static void
presence_free (gpointer data)
{
  Presence *self = data;

  g_clear_handle_id (&self->retry_id, g_source_remove);
  g_ptr_array_unref (self->tracks);
  g_strfreev (self->screens);
  g_free (self->display_name);
  g_free (self->peer_id);
  g_free (self);
}

static void
on_record_finished (MbSessionRecord *record, MbRecorder *self)
{
  g_signal_emit (self, signals[SIGNAL_FINISHED], 0);
}

static void
check_finished (MbRecorder *self)
{
  if (self->finishing && g_hash_table_size (self->recordings) == 0)
    mb_session_record_finish (self->record);
}

static gboolean
on_retry (gpointer user_data)
{
  Presence *presence = user_data;
  g_autoptr (GPtrArray) tracks = g_ptr_array_ref (presence->tracks);

  presence->retry_id = 0;
  mb_recorder_update (presence->recorder, presence->peer_id, presence->display_name, tracks);
  return G_SOURCE_REMOVE;
}

static void
retry_later (MbRecorder *self, const Entry *entry)
{
  Presence *presence = g_hash_table_lookup (self->present, entry->peer_id);
  unsigned int delay_ms;

  if (presence == NULL || presence->retry_id != 0 || self->finishing)
    return;
  if (entry->file->duration_ms >= GOOD_TIME_MS)
    presence->n_failures = 0;
  delay_ms = RETRY_MS << MIN (presence->n_failures, MAX_DOUBLED);
  presence->n_failures++;
  g_warning ("peer %s (%s): the next file begins in %u s", presence->peer_id,
      presence->display_name, delay_ms / 1000);
  presence->retry_id = g_timeout_add (delay_ms, on_retry, presence);
}

static void
note_file (
    MbRecorder *self, MbRecording *recording, const char *event, const char *name, guint64 value)
{
  const Entry *entry = g_hash_table_lookup (self->recordings, recording);
  g_autofree char *path = g_path_get_basename (mb_recording_get_location (recording));
  /* It is one of ours: nothing in it has to be escaped. */
  g_autofree char *members =
      g_strdup_printf (",\"path\":\"%s\",\"%s\":%" G_GUINT64_FORMAT, path, name, value);

  mb_session_record_note (self->record, event, entry->peer_id, members);
}

static void
on_recording_opened (MbRecording *recording, MbRecorder *self)
{
  const Entry *entry = g_hash_table_lookup (self->recordings, recording);

  mb_recording_describe (recording, entry->file);
  mb_session_record_file_opened (self->record, entry->file);
}

static void
close_file (MbRecorder *self, MbRecordedFile *file)
{
  MbMetrics *metrics = mb_metrics_get_default ();
  static const char FILES[] = "Recorded files that are finished, by whether something went wrong.";

  mb_metric_add (mb_metrics_counter (metrics, "meshbot_bot_recorded_files_total", FILES, "result",
                     file->error == NULL ? "ok" : "failed", NULL),
      1);
  mb_session_record_file_closed (self->record, file);
}

static void
on_recording_split (MbRecording *recording, MbRecorder *self)
{
  Entry *entry = g_hash_table_lookup (self->recordings, recording);

  mb_recording_describe (recording, entry->file);
  close_file (self, entry->file);
  entry->file = mb_session_record_add_file (
      self->record, mb_recording_get_location (recording), entry->peer_id, entry->file->is_screen);
}

static void
on_recording_closed (MbRecording *recording, MbRecorder *self)
{
  const Entry *entry = g_hash_table_lookup (self->recordings, recording);

  mb_recording_describe (recording, entry->file);
  if (self->space != NULL)
    mb_space_add_written (self->space, self->room_id, mb_recording_take_written (recording));
  if (entry->file->error != NULL) {
    retry_later (self, entry);
    if (self->space != NULL)
      mb_space_check (self->space);
  }
  if (entry->file->zero_us == 0 && entry->file->error == NULL)
    mb_session_record_drop_file (self->record, entry->file);
  else
    close_file (self, entry->file);
  g_hash_table_remove (self->recordings, recording);
  check_finished (self);
}

static void
on_recording_late (MbRecording *recording, guint64 waited_ms, MbRecorder *self)
{
  note_file (self, recording, "disk-slow", "waitedMs", waited_ms);
}

static void
on_recording_overrun (MbRecording *recording, guint64 n_frames, MbRecorder *self)
{
  Entry *entry = g_hash_table_lookup (self->recordings, recording);

  note_file (self, recording, "frames-missing", "frames", n_frames);
  if (self->space != NULL)
    mb_space_add_missing (self->space, n_frames - MIN (n_frames, entry->n_missing_told));
  entry->n_missing_told = n_frames;
}

static void
on_recording_size (MbRecording *recording, guint width, guint height, MbRecorder *self)
{
  const Entry *entry = g_hash_table_lookup (self->recordings, recording);
  g_autofree char *path = g_path_get_basename (mb_recording_get_location (recording));
  g_autofree char *members =
      g_strdup_printf (",\"path\":\"%s\",\"width\":%u,\"height\":%u", path, width, height);

  mb_session_record_note (self->record, "size", entry->peer_id, members);
}

static void
on_recording_loss (MbRecording *recording, gboolean is_video, guint64 n_packets, MbRecorder *self)
{
  note_file (self, recording, is_video ? "video-loss" : "audio-loss", "packets", n_packets);
}

static void
on_recording_refused (MbRecording *recording, guint64 n_frames, MbRecorder *self)
{
  note_file (self, recording, "frames-refused", "frames", n_frames);
}

static void
on_recording_flooded (MbRecording *recording, guint64 n_packets, MbRecorder *self)
{
  note_file (self, recording, "packets-dropped", "packets", n_packets);
}

static gboolean
on_speaker_round (gpointer user_data)
{
  MbRecorder *self = user_data;
  GHashTableIter iter;
  gpointer recording;
  gpointer entry;

  g_hash_table_iter_init (&iter, self->recordings);
  while (g_hash_table_iter_next (&iter, &recording, &entry))
    mb_speaker_take (
        &self->speaker, ((Entry *) entry)->peer_id, mb_recording_get_loudness (recording));
  if (mb_speaker_end_round (&self->speaker))
    mb_session_record_note (self->record, "speaker", self->speaker.id, "");
  return G_SOURCE_CONTINUE;
}

/* `alice-Xy3`, then `alice-Xy3-2` for the next file of the same peer. */
static char *
dup_free_stem (MbRecorder *self, const char *peer_id, const char *display_name)
{
  g_autofree char *name = mb_rec_name_build (display_name, peer_id);

  for (unsigned int i = 1; i < MAX_SAME_NAME; i++) {
    g_autofree char *stem = i == 1 ? g_strdup (name) : g_strdup_printf ("%s-%u", name, i);

    if (g_hash_table_add (self->names, g_strdup (stem)))
      return g_build_filename (self->folder, stem, NULL);
  }
  return NULL;
}

/* Browsers say it of a stream, not of a track. */
static gboolean
is_screen (MbRecorder *self, const char *peer_id, const MbTrack *track)
{
  const Presence *presence = g_hash_table_lookup (self->present, peer_id);

  return track->is_screen ||
         (presence != NULL && presence->screens != NULL && track->group != NULL &&
             g_strv_contains ((const char *const *) presence->screens, track->group));
}

static const struct {
  const char *signal;
  GCallback handler;
} HANDLERS[] = {
    {"opened", G_CALLBACK (on_recording_opened)},
    {"split", G_CALLBACK (on_recording_split)},
    {"closed", G_CALLBACK (on_recording_closed)},
    {"size", G_CALLBACK (on_recording_size)},
    {"loss", G_CALLBACK (on_recording_loss)},
    {"refused", G_CALLBACK (on_recording_refused)},
    {"flooded", G_CALLBACK (on_recording_flooded)},
    {"late", G_CALLBACK (on_recording_late)},
    {"overrun", G_CALLBACK (on_recording_overrun)},
};

static void
start_recording (MbRecorder *self, const char *peer_id, const char *display_name, GPtrArray *tracks)
{
  g_autofree char *stem = dup_free_stem (self, peer_id, display_name);
  g_autoptr (GError) error = NULL;
  MbRecording *recording =
      stem != NULL ? mb_recording_new (tracks, stem, &self->config, &error) : NULL;
  const MbTrack *first = g_ptr_array_index (tracks, 0);
  Entry *entry = NULL;

  if (recording == NULL) {
    g_warning ("peer %s (%s) is not recorded: %s", peer_id, display_name,
        error != NULL ? error->message : "it has too many files already");
    return;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (HANDLERS); i++)
    g_signal_connect_object (
        recording, HANDLERS[i].signal, HANDLERS[i].handler, self, G_CONNECT_DEFAULT);
  mb_recording_set_without_video (recording, self->level != MB_SPACE_LEVEL_FREE);
  entry = g_new0 (Entry, 1);
  entry->peer_id = g_strdup (peer_id);
  entry->file = mb_session_record_add_file (self->record, mb_recording_get_location (recording),
      peer_id, is_screen (self, peer_id, first));
  g_hash_table_insert (self->recordings, recording, entry);
}

static gboolean
is_recorded (MbRecorder *self, const MbTrack *track)
{
  GHashTableIter iter;
  gpointer recording;

  g_hash_table_iter_init (&iter, self->recordings);
  while (g_hash_table_iter_next (&iter, &recording, NULL)) {
    if (mb_recording_has_track (recording, track))
      return TRUE;
  }
  return FALSE;
}

static void
finish_gone (MbRecorder *self, const char *peer_id, GPtrArray *tracks)
{
  GHashTableIter iter;
  gpointer recording;
  gpointer entry;

  g_hash_table_iter_init (&iter, self->recordings);
  while (g_hash_table_iter_next (&iter, &recording, &entry)) {
    if (g_strcmp0 (((Entry *) entry)->peer_id, peer_id) == 0 &&
        !mb_recording_is_for (recording, tracks))
      mb_recording_finish (recording);
  }
}

/* A track goes into the file under way where its kind is missing there; a screen has its own sound only. */
static gboolean
fits_together (MbRecorder *self, const char *peer_id, GPtrArray *file, const MbTrack *track)
{
  for (guint i = 0; i < file->len; i++) {
    const MbTrack *other = g_ptr_array_index (file, i);

    if (other->kind == track->kind)
      return FALSE;
    if ((is_screen (self, peer_id, other) || is_screen (self, peer_id, track)) &&
        (track->group == NULL || g_strcmp0 (track->group, other->group) != 0))
      return FALSE;
  }
  return TRUE;
}

/* @tracks may be those that are known already. */
static void
set_present (MbRecorder *self, const char *peer_id, const char *display_name, GPtrArray *tracks)
{
  Presence *presence = g_hash_table_lookup (self->present, peer_id);

  if (tracks == NULL) {
    g_hash_table_remove (self->present, peer_id);
    return;
  }
  if (presence == NULL) {
    presence = g_new0 (Presence, 1);
    presence->recorder = self;
    presence->peer_id = g_strdup (peer_id);
    presence->display_name = g_strdup (display_name);
    presence->tracks = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_track_unref);
    g_hash_table_insert (self->present, presence->peer_id, presence);
  }
  if (tracks == presence->tracks)
    return;
  g_ptr_array_set_size (presence->tracks, 0);
  for (guint i = 0; i < tracks->len; i++)
    g_ptr_array_add (presence->tracks, mb_track_ref (g_ptr_array_index (tracks, i)));
}

/**
 * mb_recorder_add_peer:
 *
 * Somebody has come, with or without anything to record.
 */
void
mb_recorder_add_peer (MbRecorder *self, const char *peer_id, const char *display_name)
{
  g_autofree char *valid = g_utf8_make_valid (display_name, -1);

  /* Between two characters. */
  if (strlen (valid) > MAX_NAME)
    *g_utf8_find_prev_char (valid, valid + MAX_NAME + 1) = '\0';
  if (!self->finishing)
    mb_session_record_add_participant (self->record, peer_id, valid);
}

void
mb_recorder_remove_peer (MbRecorder *self, const char *peer_id, MbRecorderAway away)
{
  if (!self->finishing)
    mb_session_record_remove_participant (self->record, peer_id, away == MB_RECORDER_AWAY_DROPPED);
}

/**
 * mb_recorder_rename_peer:
 * @new_id: what the room calls it now
 *
 * Its files go on.
 */
void
mb_recorder_rename_peer (MbRecorder *self, const char *peer_id, const char *new_id)
{
  Presence *presence = NULL;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->recordings);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Entry *entry = value;

    if (strcmp (entry->peer_id, peer_id) == 0) {
      g_free (entry->peer_id);
      entry->peer_id = g_strdup (new_id);
    }
  }
  if (g_hash_table_steal_extended (self->present, peer_id, NULL, (gpointer *) &presence)) {
    g_free (presence->peer_id);
    presence->peer_id = g_strdup (new_id);
    g_hash_table_insert (self->present, presence->peer_id, presence);
  }
  if (!self->finishing)
    mb_session_record_rename_participant (self->record, peer_id, new_id);
}

/* A file that has begun by then may have been taken for another camera. */
static void
take_screens (MbRecorder *self, const char *peer_id, GStrv screens)
{
  Presence *presence = g_hash_table_lookup (self->present, peer_id);
  GHashTableIter iter;
  gpointer recording;
  gpointer entry;

  if (presence == NULL)
    return;
  g_strfreev (presence->screens);
  presence->screens = g_strdupv (screens);
  for (guint i = 0; i < presence->tracks->len; i++) {
    const MbTrack *track = g_ptr_array_index (presence->tracks, i);

    if (track->kind != MB_MEDIA_KIND_VIDEO || !is_screen (self, peer_id, track))
      continue;
    g_hash_table_iter_init (&iter, self->recordings);
    while (g_hash_table_iter_next (&iter, &recording, &entry)) {
      if (mb_recording_has_track (recording, track))
        ((Entry *) entry)->file->is_screen = TRUE;
    }
  }
}

/**
 * mb_recorder_take_message:
 * @text: what the peer said over its data channel
 */
void
mb_recorder_take_message (MbRecorder *self, const char *peer_id, const char *text)
{
  g_autoptr (MbChannelMessage) message = mb_channel_message_parse (text);

  if (self->finishing)
    return;
  if (message->screens != NULL)
    take_screens (self, peer_id, message->screens);
  mb_session_record_take_message (self->record, peer_id, text);
}

/**
 * mb_recorder_update:
 * @tracks: (nullable) (element-type MbTrack): what the peer has now; NULL when it is gone
 *
 * Finishes the files whose tracks have ended and begins those of new tracks. A track that is in a
 * file already stays there.
 */
void
mb_recorder_update (
    MbRecorder *self, const char *peer_id, const char *display_name, GPtrArray *tracks)
{
  g_autoptr (GPtrArray) fresh = g_ptr_array_new ();

  finish_gone (self, peer_id, tracks);
  if (self->finishing)
    return;
  set_present (self, peer_id, display_name, tracks);
  if (self->level == MB_SPACE_LEVEL_FULL)
    return;
  for (guint i = 0; tracks != NULL && i < tracks->len; i++) {
    MbTrack *track = g_ptr_array_index (tracks, i);

    if (!is_recorded (self, track) && !(self->audio_only && track->kind == MB_MEDIA_KIND_VIDEO) &&
        !(self->level != MB_SPACE_LEVEL_FREE && is_screen (self, peer_id, track)))
      g_ptr_array_add (fresh, track);
  }
  while (fresh->len > 0) {
    g_autoptr (GPtrArray) file = g_ptr_array_new ();

    for (guint i = 0; i < fresh->len;) {
      MbTrack *track = g_ptr_array_index (fresh, i);

      if (fits_together (self, peer_id, file, track)) {
        g_ptr_array_add (file, track);
        g_ptr_array_remove_index (fresh, i);
      } else {
        i++;
      }
    }
    start_recording (self, peer_id, display_name, file);
  }
}

static void
finish_all (MbRecorder *self)
{
  GHashTableIter iter;
  gpointer recording;

  g_hash_table_iter_init (&iter, self->recordings);
  while (g_hash_table_iter_next (&iter, &recording, NULL))
    mb_recording_finish (recording);
}

/* For all that are here and that nothing is recorded of. */
static void
begin_missing (MbRecorder *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->present);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Presence *presence = value;

    mb_recorder_update (self, presence->peer_id, presence->display_name, presence->tracks);
  }
}

static void
tell_level (MbRecorder *self, const MbSpaceState *state)
{
  static const char *const EVENTS[] = {"disk-ok", "disk-low", "disk-full"};
  static const char *const WORDS[] = {"everything is recorded again",
      "sound is recorded, pictures are not", "nothing is recorded any more"};
  g_autofree char *left = g_format_size (state->left_bytes);
  g_autofree char *members = g_strdup_printf (",\"reason\":\"%s\",\"leftBytes\":%" G_GUINT64_FORMAT
                                              ",\"floorBytes\":%" G_GUINT64_FORMAT,
      state->reason, state->left_bytes, state->floor_bytes);

  g_log (G_LOG_DOMAIN,
      state->level == MB_SPACE_LEVEL_FREE ? G_LOG_LEVEL_MESSAGE : G_LOG_LEVEL_WARNING,
      "room %s: %s left (%s): %s", self->room_id, left, state->reason, WORDS[state->level]);
  mb_session_record_note (self->record, EVENTS[state->level], NULL, members);
}

static void
on_space_checked (MbSpace *space, MbRecorder *self)
{
  MbSpaceState state;
  GHashTableIter iter;
  gpointer recording;

  g_hash_table_iter_init (&iter, self->recordings);
  while (g_hash_table_iter_next (&iter, &recording, NULL))
    mb_space_add_written (space, self->room_id, mb_recording_take_written (recording));
  mb_space_get_state (space, self->room_id, &state);
  if (state.level == self->level || self->finishing)
    return;
  self->level = state.level;
  tell_level (self, &state);
  if (state.level == MB_SPACE_LEVEL_FULL) {
    finish_all (self);
    return;
  }
  g_hash_table_iter_init (&iter, self->recordings);
  while (g_hash_table_iter_next (&iter, &recording, NULL))
    mb_recording_set_without_video (recording, state.level == MB_SPACE_LEVEL_LOW);
  begin_missing (self);
}

/**
 * mb_recorder_finish:
 *
 * Closes every file; "finished" follows.
 */
void
mb_recorder_finish (MbRecorder *self)
{
  if (self->finishing)
    return;
  self->finishing = TRUE;
  g_clear_handle_id (&self->speaker_id, g_source_remove);
  g_hash_table_remove_all (self->present);
  finish_all (self);
  check_finished (self);
}

/**
 * mb_recorder_get_folder:
 *
 * Returns: the session's folder
 */
const char *
mb_recorder_get_folder (MbRecorder *self)
{
  return self->folder;
}

static char *
make_folder (const char *directory, const char *room_id, GError **error)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *stamp = mb_rec_name_build_session (now);
  g_autofree char *parent = g_build_filename (directory, room_id, NULL);

  if (g_mkdir_with_parents (parent, FOLDER_MODE) != 0) {
    g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "cannot make the folder %s: %s", parent,
        g_strerror (errno));
    return NULL;
  }
  for (unsigned int i = 1; i < MAX_SAME_NAME; i++) {
    g_autofree char *folder = i == 1 ? g_build_filename (parent, stamp, NULL)
                                     : g_strdup_printf ("%s/%s-%u", parent, stamp, i);

    if (g_mkdir (folder, FOLDER_MODE) == 0)
      return g_steal_pointer (&folder);
    if (errno != EEXIST)
      break;
  }
  g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "cannot make the session's folder in %s: %s",
      parent, g_strerror (errno));
  return NULL;
}

/* From here on nobody else repairs what is in it. There is no session.json yet that a repair would
 * look for. */
static int
lock_folder (const char *folder)
{
  g_autoptr (GError) error = NULL;
  int lock = mb_folder_lock (folder, MB_FOLDER_LOCK_EXCLUSIVE, &error);

  if (lock < 0)
    g_warning ("%s; recording goes on, and a repair cannot know that it does", error->message);
  return lock;
}

/**
 * mb_recorder_new:
 *
 * Makes DIRECTORY/ROOM/TIME/, a folder of its own for this session, with the session's record.
 *
 * Returns: (transfer full): the recorder, or NULL with %MB_ERROR_FAILED naming the folder,
 *   or %MB_ERROR_UNSUPPORTED where the element that writes is not found
 */
MbRecorder *
mb_recorder_new (const MbRecorderConfig *config, GError **error)
{
  g_autofree char *folder = NULL;
  MbRecorder *self;

  if (!mb_pipeline_ensure_elements (TRUE, error))
    return NULL;
  folder = make_folder (config->directory, config->room_id, error);
  if (folder == NULL)
    return NULL;
  self = g_object_new (MB_TYPE_RECORDER, NULL);
  self->folder = g_steal_pointer (&folder);
  self->room_id = g_strdup (config->room_id);
  self->config = config->recording;
  self->audio_only = config->audio_only;
  self->lock = lock_folder (self->folder);
  self->record =
      mb_session_record_new (self->folder, config->room_id, config->server, config->name);
  if (config->on_finish)
    mb_session_record_set_pending (self->record);
  g_signal_connect_object (
      self->record, "finished", G_CALLBACK (on_record_finished), self, G_CONNECT_DEFAULT);
  self->speaker_id = g_timeout_add (MB_SPEAKER_ROUND_MS, on_speaker_round, self);
  if (config->space != NULL) {
    self->space = g_object_ref (config->space);
    mb_space_add_written (self->space, self->room_id, 0);
    g_signal_connect_object (
        self->space, "checked", G_CALLBACK (on_space_checked), self, G_CONNECT_DEFAULT);
    mb_space_check (self->space);
  }
  return self;
}

static void
mb_recorder_finalize (GObject *object)
{
  MbRecorder *self = MB_RECORDER (object);

  g_clear_handle_id (&self->speaker_id, g_source_remove);
  mb_speaker_clear (&self->speaker);
  g_hash_table_unref (self->recordings);
  g_hash_table_unref (self->names);
  g_hash_table_unref (self->present);
  g_clear_object (&self->record);
  g_clear_object (&self->space);
  g_free (self->room_id);
  mb_folder_unlock (self->lock);
  g_free (self->folder);
  G_OBJECT_CLASS (mb_recorder_parent_class)->finalize (object);
}

static void
mb_recorder_class_init (MbRecorderClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = mb_recorder_finalize;

  /**
   * MbRecorder::finished:
   *
   * After mb_recorder_finish(): every file is closed. The handler may drop the recorder.
   */
  signals[SIGNAL_FINISHED] = g_signal_new ("finished", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
      0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
mb_recorder_init (MbRecorder *self)
{
  self->lock = -1;
  self->recordings = g_hash_table_new_full (NULL, NULL, g_object_unref, entry_free);
  self->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->present = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, presence_free);
}
