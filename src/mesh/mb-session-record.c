/* mb-session-record.c: what session.json and events.jsonl say of a recorded session
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owned by a recorder. It is told what happens and keeps the two files up to date; disks may be
 * slow, so each write and each checksum is a task of its own, and what happens meanwhile is in the
 * next one. session.json is replaced as a whole: who reads it sees the old one or the new one.
 */
#include "mb-session-record.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#include "mb-digest.h"
#include "mb-json-scan.h"
#include "mb-json-writer.h"

#define SCHEMA 1
#define FILE_MODE 0640
/* What somebody says over the data channel is kept up to this size, in bytes. */
#define MESSAGE_MAX (16 * 1024)
#define TYPE_MAX 32
#define PENDING_MAX (4 * 1024 * 1024)
/* Checksums of large files may take longer than a program has that was told to end. */
#define FINISH_MS 1000
/* Who drops out and is back by then under the same name is the same participant. */
#define DEFAULT_RETURN_MS 30000

/* A time between being there and being there again. */
typedef struct {
  char *id; /* from then on */
  gint64 left_us;
  gint64 joined_us;
} Return;

typedef struct {
  char *id; /* the first; in the record it is always this one */
  char *display_name;
  gint64 joined_us;
  gint64 left_us; /* 0 means still there */
  gboolean has_dropped;
  GPtrArray *returns; /* (element-type Return) */
} Participant;

struct _MbSessionRecord {
  GObject parent;

  char *folder;
  char *room_id;
  char *server;
  char *recorder;
  gint64 started_us;       /* real time, like all of them */
  gint64 ended_us;         /* 0 means it goes on */
  gint64 return_us;        /* how long a participant may drop out */
  GPtrArray *participants; /* (element-type Participant) */
  GPtrArray *files;        /* (element-type MbRecordedFile) */
  GString *events;         /* lines that are not written yet */
  gboolean is_pending;     /* it is to be handed over when it has ended */
  gboolean is_dirty;       /* session.json is older than what is known */
  gboolean is_writing;
  gboolean has_warned;
  unsigned int n_hashing;
  gboolean is_finishing;
  gboolean is_finished;
  guint timeout_id;
};

enum {
  SIGNAL_FINISHED,
  N_SIGNALS,
};

static unsigned int signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MbSessionRecord, mb_session_record, G_TYPE_OBJECT)

/* What a task needs to write; nothing of it is anybody else's. */
typedef struct {
  char *events_path;
  char *session_path;
  char *events;  /* (nullable) */
  char *session; /* (nullable) */
} Work;

static void
return_free (gpointer data)
{
  Return *self = data;

  g_free (self->id);
  g_free (self);
}

static void
participant_free (gpointer data)
{
  Participant *self = data;

  g_ptr_array_unref (self->returns);

  g_free (self->id);
  g_free (self->display_name);
  g_free (self);
}

static void
file_free (gpointer data)
{
  MbRecordedFile *self = data;

  g_free (self->location);
  g_free (self->participant);
  g_free (self->error);
  g_free (self->sha256);
  g_ptr_array_unref (self->tracks);
  g_free (self);
}

static void
work_free (gpointer data)
{
  Work *self = data;

  g_free (self->events_path);
  g_free (self->session_path);
  g_free (self->events);
  g_free (self->session);
  g_free (self);
}

/* RFC 3339, UTC, milliseconds. */
static char *
format_time (gint64 real_us)
{
  g_autoptr (GDateTime) seconds = g_date_time_new_from_unix_utc (real_us / G_USEC_PER_SEC);
  g_autofree char *text = g_date_time_format (seconds, "%Y-%m-%dT%H:%M:%S");

  return g_strdup_printf (
      "%s.%03dZ", text, (int) (real_us % G_USEC_PER_SEC / G_TIME_SPAN_MILLISECOND));
}

static void
write_time (MbJsonWriter *json, const char *name, gint64 real_us)
{
  g_autofree char *text = real_us == 0 ? NULL : format_time (real_us);

  mb_json_writer_add_string (json, name, text);
}

static void
write_returns (const Participant *participant, MbJsonWriter *json)
{
  if (participant->returns->len == 0)
    return;
  mb_json_writer_begin (json, "returns", '[');
  for (guint i = 0; i < participant->returns->len; i++) {
    const Return *each = g_ptr_array_index (participant->returns, i);

    mb_json_writer_begin (json, NULL, '{');
    mb_json_writer_add_string (json, "id", each->id);
    write_time (json, "leftAt", each->left_us);
    write_time (json, "joinedAt", each->joined_us);
    mb_json_writer_end (json, '}');
  }
  mb_json_writer_end (json, ']');
}

static void
write_participants (MbSessionRecord *self, MbJsonWriter *json)
{
  mb_json_writer_begin (json, "participants", '[');
  for (guint i = 0; i < self->participants->len; i++) {
    const Participant *participant = g_ptr_array_index (self->participants, i);

    mb_json_writer_begin (json, NULL, '{');
    mb_json_writer_add_string (json, "id", participant->id);
    mb_json_writer_add_string (json, "displayName", participant->display_name);
    write_time (json, "joinedAt", participant->joined_us);
    write_time (json, "leftAt", participant->left_us);
    write_returns (participant, json);
    mb_json_writer_end (json, '}');
  }
  mb_json_writer_end (json, ']');
}

static void
write_file (MbSessionRecord *self, const MbRecordedFile *file, MbJsonWriter *json)
{
  g_autofree char *name = g_path_get_basename (file->location);
  g_autofree char *path =
      file->is_closed && file->error == NULL ? g_strdup (name) : g_strconcat (name, ".part", NULL);
  gint64 offset_ms = (file->zero_us - self->started_us) / G_TIME_SPAN_MILLISECOND;

  mb_json_writer_begin (json, NULL, '{');
  mb_json_writer_add_string (json, "path", path);
  mb_json_writer_add_string (json, "participant", file->participant);
  mb_json_writer_add_string (json, "kind", file->is_screen ? "screen" : "camera");
  write_time (json, "startedAt", file->zero_us);
  mb_json_writer_add_number (json, "offsetMs", (double) offset_ms);
  if (file->is_closed) {
    mb_json_writer_add_number (json, "durationMs", (double) file->duration_ms);
    mb_json_writer_add_number (json, "bytes", (double) file->bytes);
  }
  mb_json_writer_add_string (json, "sha256", file->sha256);
  mb_json_writer_add_boolean (json, "recovered", FALSE);
  if (file->error != NULL)
    mb_json_writer_add_string (json, "error", file->error);
  mb_json_writer_begin (json, "tracks", '[');
  for (guint i = 0; i < file->tracks->len; i++)
    mb_recorded_track_write (g_ptr_array_index (file->tracks, i), json);
  mb_json_writer_end (json, ']');
  mb_json_writer_end (json, '}');
}

static char *
build_session (MbSessionRecord *self)
{
  MbJsonWriter json = {0};
  gboolean is_complete = self->ended_us != 0;

  mb_json_writer_begin (&json, NULL, '{');
  mb_json_writer_add_number (&json, "schema", SCHEMA);
  mb_json_writer_add_string (&json, "room", self->room_id);
  mb_json_writer_add_string (&json, "server", self->server);
  write_time (&json, "startedAt", self->started_us);
  write_time (&json, "endedAt", self->ended_us);
  mb_json_writer_add_string (&json, "recorder", self->recorder);
  for (guint i = 0; i < self->files->len; i++) {
    const MbRecordedFile *file = g_ptr_array_index (self->files, i);

    is_complete = is_complete && file->is_closed && file->error == NULL;
  }
  mb_json_writer_add_boolean (&json, "complete", is_complete);
  if (self->is_pending)
    mb_json_writer_add_string (&json, "onFinish", "pending");
  write_participants (self, &json);
  mb_json_writer_begin (&json, "files", '[');
  for (guint i = 0; i < self->files->len; i++) {
    const MbRecordedFile *file = g_ptr_array_index (self->files, i);

    if (file->zero_us != 0)
      write_file (self, file, &json);
  }
  mb_json_writer_end (&json, ']');
  mb_json_writer_end (&json, '}');
  return mb_json_writer_finish (&json);
}

/* ---- tasks ---- */

static gboolean
append_events (const Work *work, GError **error)
{
  int fd =
      open (work->events_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
  const char *at = work->events;
  gboolean is_good = fd >= 0;

  while (is_good && *at != '\0') {
    gssize written = write (fd, at, strlen (at));

    if (written > 0)
      at += written;
    else
      is_good = written < 0 && errno == EINTR;
  }
  if (!is_good)
    g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (errno), "%s: %s",
        work->events_path, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return is_good;
}

static void
run_work_offmain (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Work *work = data;
  GError *error = NULL;

  if (work->events != NULL && !append_events (work, &error)) {
    g_task_return_error (task, error);
  } else if (work->session != NULL &&
             !g_file_set_contents_full (work->session_path, work->session, -1,
                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, FILE_MODE, &error)) {
    g_task_return_error (task, error);
  } else {
    g_task_return_boolean (task, TRUE);
  }
}

static void
check_finished (MbSessionRecord *self)
{
  if (!self->is_finishing || self->is_finished || self->is_writing || self->n_hashing > 0)
    return;
  self->is_finished = TRUE;
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  g_signal_emit (self, signals[SIGNAL_FINISHED], 0);
}

static void save (MbSessionRecord *self);

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  MbSessionRecord *self = MB_SESSION_RECORD (source);
  g_autoptr (GError) error = NULL;

  self->is_writing = FALSE;
  if (!g_task_propagate_boolean (G_TASK (result), &error) && !self->has_warned) {
    self->has_warned = TRUE;
    g_warning ("the session's record cannot be written: %s", error->message);
  }
  if (self->is_dirty || self->events->len > 0)
    save (self);
  check_finished (self);
}

/* One write at a time; what changes meanwhile goes with the next. */
static void
save (MbSessionRecord *self)
{
  g_autoptr (GTask) task = NULL;
  Work *work = NULL;

  if (self->is_writing)
    return;
  work = g_new0 (Work, 1);
  work->events_path = g_build_filename (self->folder, "events.jsonl", NULL);
  work->session_path = g_build_filename (self->folder, "session.json", NULL);
  if (self->events->len > 0) {
    work->events = g_strdup (self->events->str);
    g_string_truncate (self->events, 0);
  }
  if (self->is_dirty)
    work->session = build_session (self);
  self->is_dirty = FALSE;
  self->is_writing = TRUE;
  task = g_task_new (self, NULL, on_written, NULL);
  g_task_set_task_data (task, work, work_free);
  g_task_run_in_thread (task, run_work_offmain);
}

static void
hash_offmain (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;
  char *sha256 = mb_digest_file (data, &error);

  if (sha256 == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, sha256, g_free);
}

static void
on_hashed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  MbSessionRecord *self = MB_SESSION_RECORD (source);
  MbRecordedFile *file = user_data;
  g_autoptr (GError) error = NULL;

  /* None is waited for any more after the time to finish. */
  if (self->n_hashing > 0)
    self->n_hashing--;
  file->sha256 = g_task_propagate_pointer (G_TASK (result), &error);
  if (error != NULL)
    g_warning ("no checksum: %s", error->message);
  self->is_dirty = TRUE;
  save (self);
  check_finished (self);
}

/* ---- events ---- */

/**
 * mb_session_record_set_pending:
 *
 * Somebody hands it over when it has ended.
 */
void
mb_session_record_set_pending (MbSessionRecord *self)
{
  self->is_pending = TRUE;
  self->is_dirty = TRUE;
  save (self);
}

/**
 * mb_session_record_set_return:
 * @return_ms: how long after it dropped out a participant is the same when it is back; 30 s if not said
 */
void
mb_session_record_set_return (MbSessionRecord *self, unsigned int return_ms)
{
  self->return_us = return_ms * G_TIME_SPAN_MILLISECOND;
}

/* `{"at": …, "event": …, "participant": …` and what @members adds, which begins with a comma. */
static void
note (MbSessionRecord *self, const char *event, const char *participant, const char *members)
{
  g_autofree char *at = format_time (g_get_real_time ());

  /* A disk that takes nothing must not cost the memory of the machine. */
  if (self->events->len > PENDING_MAX)
    return;
  g_string_append_printf (self->events, "{\"at\":\"%s\",\"event\":", at);
  mb_json_append_string (self->events, event);
  if (participant != NULL) {
    g_string_append (self->events, ",\"participant\":");
    mb_json_append_string (self->events, participant);
  }
  g_string_append (self->events, members);
  g_string_append (self->events, "}\n");
  save (self);
}

static char *
format_member (const char *name, const char *value)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, ",\"%s\":", name);
  mb_json_append_string (text, value);
  return g_string_free (text, FALSE);
}

/* The id that it has now. */
static const char *
get_current_id (const Participant *participant)
{
  guint n = participant->returns->len;

  return n == 0 ? participant->id
                : ((const Return *) g_ptr_array_index (participant->returns, n - 1))->id;
}

static Participant *
find_last (MbSessionRecord *self, const char *id)
{
  for (guint i = self->participants->len; i > 0; i--) {
    Participant *participant = g_ptr_array_index (self->participants, i - 1);

    if (strcmp (get_current_id (participant), id) == 0)
      return participant;
  }
  return NULL;
}

static Participant *
find_participant (MbSessionRecord *self, const char *id)
{
  Participant *participant = find_last (self, id);

  return participant != NULL && participant->left_us == 0 ? participant : NULL;
}

/* The first id of whoever has @id now; @id itself for a stranger. */
static const char *
get_first_id (MbSessionRecord *self, const char *id)
{
  const Participant *participant = find_last (self, id);

  return participant != NULL ? participant->id : id;
}

/* Of two who dropped out under one name nobody knows which one is back. */
static Participant *
find_dropped (MbSessionRecord *self, const char *display_name, gint64 now_us)
{
  Participant *found = NULL;

  if (*display_name == '\0')
    return NULL;
  for (guint i = 0; i < self->participants->len; i++) {
    Participant *participant = g_ptr_array_index (self->participants, i);

    if (!participant->has_dropped || now_us - participant->left_us > self->return_us ||
        strcmp (participant->display_name, display_name) != 0)
      continue;
    if (found != NULL)
      return NULL;
    found = participant;
  }
  return found;
}

static void
add_return (Participant *participant, const char *id, gint64 left_us, gint64 joined_us)
{
  Return *back = g_new0 (Return, 1);

  back->id = g_strdup (id);
  back->left_us = left_us;
  back->joined_us = joined_us;
  g_ptr_array_add (participant->returns, back);
}

static gboolean
take_back (MbSessionRecord *self, const char *id, const char *display_name)
{
  gint64 now_us = g_get_real_time ();
  Participant *participant = find_dropped (self, display_name, now_us);

  if (participant == NULL)
    return FALSE;
  add_return (participant, id, participant->left_us, now_us);
  participant->left_us = 0;
  participant->has_dropped = FALSE;
  self->is_dirty = TRUE;
  note (self, "return", participant->id, "");
  return TRUE;
}

/**
 * mb_session_record_rename_participant:
 * @id: what the room called it
 * @new_id: what the room calls it now
 *
 * It was never away from us: a return without any time between.
 */
void
mb_session_record_rename_participant (MbSessionRecord *self, const char *id, const char *new_id)
{
  gint64 now_us = g_get_real_time ();
  Participant *participant = find_participant (self, id);
  g_autofree char *members = NULL;

  if (participant == NULL)
    return;
  add_return (participant, new_id, now_us, now_us);
  members = format_member ("id", new_id);
  self->is_dirty = TRUE;
  note (self, "moved", participant->id, members);
}

/**
 * mb_session_record_add_participant:
 *
 * Somebody is there. Twice is once; who dropped out less than 30 s ago under the same name is back.
 */
void
mb_session_record_add_participant (MbSessionRecord *self, const char *id, const char *display_name)
{
  Participant *participant = NULL;
  g_autofree char *members = NULL;

  if (find_participant (self, id) != NULL || take_back (self, id, display_name))
    return;
  participant = g_new0 (Participant, 1);
  participant->id = g_strdup (id);
  participant->display_name = g_strdup (display_name);
  participant->joined_us = g_get_real_time ();
  participant->returns = g_ptr_array_new_with_free_func (return_free);
  g_ptr_array_add (self->participants, participant);
  self->is_dirty = TRUE;
  members = format_member ("displayName", display_name);
  note (self, "join", id, members);
}

/**
 * mb_session_record_remove_participant:
 * @has_dropped: it did not say goodbye, and may be back
 */
void
mb_session_record_remove_participant (MbSessionRecord *self, const char *id, gboolean has_dropped)
{
  Participant *participant = find_participant (self, id);

  if (participant == NULL)
    return;
  participant->left_us = g_get_real_time ();
  self->is_dirty = TRUE;
  participant->has_dropped = has_dropped;
  note (self, "leave", participant->id, "");
}

/**
 * mb_session_record_add_file:
 *
 * Returns: (transfer none): to be filled in as it becomes known; it is told of once it is opened
 */
MbRecordedFile *
mb_session_record_add_file (
    MbSessionRecord *self, const char *location, const char *participant, gboolean is_screen)
{
  MbRecordedFile *file = g_new0 (MbRecordedFile, 1);

  file->location = g_strdup (location);
  file->participant = g_strdup (get_first_id (self, participant));
  file->is_screen = is_screen;
  file->tracks = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_recorded_track_free);
  g_ptr_array_add (self->files, file);
  return file;
}

/**
 * mb_session_record_file_opened:
 *
 * Something is in it; its time zero is known.
 */
void
mb_session_record_file_opened (MbSessionRecord *self, MbRecordedFile *file)
{
  g_autofree char *name = g_path_get_basename (file->location);
  g_autofree char *members = format_member ("path", name);

  self->is_dirty = TRUE;
  note (self, "file-opened", file->participant, members);
}

/**
 * mb_session_record_file_closed:
 *
 * It is whole, or as whole as it gets. Its checksum follows.
 */
void
mb_session_record_file_closed (MbSessionRecord *self, MbRecordedFile *file)
{
  g_autofree char *name = g_path_get_basename (file->location);
  g_autofree char *members = format_member ("path", name);

  file->is_closed = TRUE;
  self->is_dirty = TRUE;
  if (file->error != NULL) {
    g_autofree char *reason = format_member ("error", file->error);
    g_autofree char *both = g_strconcat (members, reason, NULL);

    note (self, "file-failed", file->participant, both);
    return;
  }
  note (self, "file-closed", file->participant, members);
  if (file->zero_us != 0) {
    g_autoptr (GTask) task = g_task_new (self, NULL, on_hashed, file);

    self->n_hashing++;
    g_task_set_task_data (task, g_strdup (file->location), g_free);
    g_task_run_in_thread (task, hash_offmain);
  }
}

/**
 * mb_session_record_drop_file:
 *
 * Nothing has come of it.
 */
void
mb_session_record_drop_file (MbSessionRecord *self, MbRecordedFile *file)
{
  g_ptr_array_remove (self->files, file);
}

/**
 * mb_session_record_take_message:
 * @text: what a participant said over the data channel
 *
 * Keeps what is a JSON object with a `type`, as it stands: chat, mute states, raised hands.
 */
void
mb_session_record_take_message (MbSessionRecord *self, const char *participant, const char *text)
{
  MbJsonSpan object = {0};
  MbJsonSpan type = {0};
  char event[TYPE_MAX];
  g_autofree char *members = NULL;

  if (strlen (text) > MESSAGE_MAX ||
      !mb_json_scan (text, strlen (text), MB_JSON_DEPTH, &object, NULL) ||
      mb_json_span_get_kind (object) != MB_JSON_OBJECT || !mb_json_find (object, "type", &type) ||
      !mb_json_span_copy_string (type, "type", event, sizeof event, NULL) ||
      memchr (object.text, '\n', object.length) != NULL)
    return;
  members = g_strdup_printf (",\"message\":%.*s", (int) object.length, object.text);
  note (self, event, get_first_id (self, participant), members);
}

/**
 * mb_session_record_note:
 * @participant: (nullable): whom it is about
 * @members: of the event, as JSON has them, each with a comma before it
 */
void
mb_session_record_note (
    MbSessionRecord *self, const char *event, const char *participant, const char *members)
{
  note (self, event, participant != NULL ? get_first_id (self, participant) : NULL, members);
}

static gboolean
on_finish_timeout (gpointer user_data)
{
  MbSessionRecord *self = user_data;

  self->timeout_id = 0;
  g_message ("checksums of %u files are left out, there is no time for them", self->n_hashing);
  self->n_hashing = 0;
  self->is_writing = FALSE;
  check_finished (self);
  return G_SOURCE_REMOVE;
}

/**
 * mb_session_record_finish:
 *
 * The session is over; every file has been closed. "finished" follows, from here or later.
 */
void
mb_session_record_finish (MbSessionRecord *self)
{
  if (self->is_finishing)
    return;
  self->is_finishing = TRUE;
  self->ended_us = g_get_real_time ();
  for (guint i = 0; i < self->participants->len; i++) {
    Participant *participant = g_ptr_array_index (self->participants, i);

    if (participant->left_us == 0)
      participant->left_us = self->ended_us;
  }
  self->is_dirty = TRUE;
  self->timeout_id = g_timeout_add (FINISH_MS, on_finish_timeout, self);
  note (self, "end", NULL, "");
}

/**
 * mb_session_record_new:
 * @folder: exists, and nobody else's
 * @server: where the room is
 * @recorder: the name it is recorded under
 */
MbSessionRecord *
mb_session_record_new (
    const char *folder, const char *room_id, const char *server, const char *recorder)
{
  MbSessionRecord *self = g_object_new (MB_TYPE_SESSION_RECORD, NULL);

  self->folder = g_strdup (folder);
  self->room_id = g_strdup (room_id);
  self->server = g_strdup (server);
  self->recorder = g_strdup (recorder);
  self->started_us = g_get_real_time ();
  self->is_dirty = TRUE;
  note (self, "start", NULL, "");
  return self;
}

static void
mb_session_record_finalize (GObject *object)
{
  MbSessionRecord *self = MB_SESSION_RECORD (object);

  g_clear_handle_id (&self->timeout_id, g_source_remove);
  g_ptr_array_unref (self->participants);
  g_ptr_array_unref (self->files);
  g_string_free (self->events, TRUE);
  g_free (self->folder);
  g_free (self->room_id);
  g_free (self->server);
  g_free (self->recorder);
  G_OBJECT_CLASS (mb_session_record_parent_class)->finalize (object);
}

static void
mb_session_record_class_init (MbSessionRecordClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = mb_session_record_finalize;

  /**
   * MbSessionRecord::finished:
   *
   * After mb_session_record_finish(): the files say all that is known. The handler may drop the record.
   */
  signals[SIGNAL_FINISHED] = g_signal_new ("finished", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
      0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
mb_session_record_init (MbSessionRecord *self)
{
  self->return_us = DEFAULT_RETURN_MS * G_TIME_SPAN_MILLISECOND;
  self->participants = g_ptr_array_new_with_free_func (participant_free);
  self->files = g_ptr_array_new_with_free_func (file_free);
  self->events = g_string_new (NULL);
}
