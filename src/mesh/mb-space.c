/* mb-space.c: how much room there is for recordings, and for how long
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owned by a job, one for all its recorders. It looks once a second, in a thread: a disk may be slow
 * to say how full it is. With quotas it counts what is below the folder twice a minute, since others may
 * take from it, and adds what its own recorders have written meanwhile. It decides nothing but the
 * level; what that means to a recording is the recorder's.
 */
#include "mb-space.h"

#include <fts.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "mb-metrics.h"
#include "mb-space-gauge.h"

#define INTERVAL_MS 1000
#define COUNT_INTERVAL_US (30 * G_USEC_PER_SEC)
#define LEAST_FLOOR_BYTES (200 * 1000 * 1000)
#define FLOOR_PARTS 100      /* or one of so many parts of the disk */
#define QUOTA_FLOOR_PARTS 20 /* likewise of a quota */

typedef struct {
  guint64 written;            /* bytes, by this process so far */
  guint64 written_at_count;   /* when the folder was counted */
  guint64 written_when_asked; /* when the counting that is under way began */
  guint64 counted;            /* bytes in the folder, at the last count */
  MbSpaceGauge quota;
} Room;

/* What is looked at, in a thread. */
typedef struct {
  char *directory;
  gboolean counts;
  guint64 free_bytes;
  guint64 total_bytes;
  guint64 all;       /* bytes below the directory */
  GHashTable *rooms; /* (element-type utf8 guint64) likewise, by room */
} Look;

struct _MbSpace {
  GObject parent;

  char *directory;
  MbSpaceLimits limits;
  GHashTable *rooms; /* (element-type utf8 Room) of our recorders */
  guint64 counted;   /* bytes, of all rooms, at the last count */
  MbSpaceGauge disk;
  MbSpaceGauge quota;
  gint64 counted_us; /* monotonic; 0 means never */
  guint timer_id;
  gboolean is_looking;
  gboolean has_warned;

  MbMetric *free_bytes;
  MbMetric *floor_bytes;
  MbMetric *full_seconds;
  MbMetric *level;
  MbMetric *written_bytes;
  MbMetric *missing_frames;
};

enum {
  SIGNAL_CHECKED,
  N_SIGNALS,
};

static unsigned int signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MbSpace, mb_space, G_TYPE_OBJECT)

static void
look_free (gpointer data)
{
  Look *self = data;

  g_hash_table_unref (self->rooms);
  g_free (self->directory);
  g_free (self);
}

static void
add_size (Look *look, const FTSENT *entry)
{
  const char *below = entry->fts_path + strlen (look->directory);
  const char *room = below + strspn (below, "/");
  g_autofree char *name = g_strndup (room, strcspn (room, "/"));
  guint64 *bytes = g_hash_table_lookup (look->rooms, name);

  if (bytes == NULL) {
    bytes = g_new0 (guint64, 1);
    g_hash_table_insert (look->rooms, g_steal_pointer (&name), bytes);
  }
  *bytes += (guint64) entry->fts_statp->st_size;
  look->all += (guint64) entry->fts_statp->st_size;
}

static void
count_folder (Look *look)
{
  char *paths[] = {look->directory, NULL};
  FTS *walk = fts_open (paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
  FTSENT *entry;

  while (walk != NULL && (entry = fts_read (walk)) != NULL) {
    if (entry->fts_info == FTS_F)
      add_size (look, entry);
  }
  if (walk != NULL)
    fts_close (walk);
}

static void
look_offmain (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Look *look = data;
  struct statvfs disk;

  if (statvfs (look->directory, &disk) != 0) {
    g_task_return_new_error (task, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s",
        look->directory, g_strerror (errno));
    return;
  }
  look->free_bytes = (guint64) disk.f_bavail * disk.f_frsize;
  look->total_bytes = (guint64) disk.f_blocks * disk.f_frsize;
  if (look->counts)
    count_folder (look);
  g_task_return_boolean (task, TRUE);
}

static guint64
subtract (guint64 from, guint64 what)
{
  return from > what ? from - what : 0;
}

static void
take_count (MbSpace *self, const Look *look, gint64 now_us)
{
  GHashTableIter iter;
  gpointer name;
  gpointer value;

  self->counted = look->all;
  self->counted_us = now_us;
  g_hash_table_iter_init (&iter, self->rooms);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    Room *room = value;
    const guint64 *bytes = g_hash_table_lookup (look->rooms, name);

    room->counted = bytes != NULL ? *bytes : 0;
    room->written_at_count = room->written_when_asked;
  }
}

static void
take_quotas (MbSpace *self, gint64 now_us)
{
  guint64 all = self->counted;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->rooms);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Room *room = value;
    guint64 since = subtract (room->written, room->written_at_count);
    guint64 quota = self->limits.room_quota_bytes;

    all += since;
    if (quota > 0)
      mb_space_gauge_take (&room->quota, "room-quota", subtract (quota, room->counted + since),
          quota / QUOTA_FLOOR_PARTS, now_us);
  }
  if (self->limits.quota_bytes > 0)
    mb_space_gauge_take (&self->quota, "quota", subtract (self->limits.quota_bytes, all),
        self->limits.quota_bytes / QUOTA_FLOOR_PARTS, now_us);
}

static void
set_metrics (MbSpace *self)
{
  MbSpaceState worst = self->disk.state;
  guint64 written = 0;
  GHashTableIter iter;
  gpointer name;
  gpointer value;

  g_hash_table_iter_init (&iter, self->rooms);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    MbSpaceState state;

    mb_space_get_state (self, name, &state);
    worst.level = MAX (worst.level, state.level);
    worst.full_s = MIN (worst.full_s, state.full_s);
    written += ((const Room *) value)->written;
  }
  mb_metric_set (self->free_bytes, (gint64) self->disk.state.left_bytes);
  mb_metric_set (self->floor_bytes, (gint64) self->disk.state.floor_bytes);
  mb_metric_set (self->full_seconds, worst.full_s);
  mb_metric_set (self->level, (gint64) worst.level);
  mb_metric_set (self->written_bytes, (gint64) written);
}

static void
on_looked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  MbSpace *self = MB_SPACE (source);
  const Look *look = g_task_get_task_data (G_TASK (result));
  gint64 now_us = g_get_monotonic_time ();
  guint64 floor_bytes = self->limits.floor_bytes;
  g_autoptr (GError) error = NULL;

  self->is_looking = FALSE;
  if (!g_task_propagate_boolean (G_TASK (result), &error)) {
    /* The folder is made by the first recorder. */
    if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) && !self->has_warned)
      g_warning ("how full the disk is cannot be told: %s", error->message);
    self->has_warned = TRUE;
    return;
  }
  if (floor_bytes == 0)
    floor_bytes = MAX (LEAST_FLOOR_BYTES, look->total_bytes / FLOOR_PARTS);
  else if (floor_bytes == MB_SPACE_NO_FLOOR)
    floor_bytes = 0;
  mb_space_gauge_take (&self->disk, "disk", look->free_bytes, floor_bytes, now_us);
  if (look->counts)
    take_count (self, look, now_us);
  take_quotas (self, now_us);
  set_metrics (self);
  g_signal_emit (self, signals[SIGNAL_CHECKED], 0);
}

/**
 * mb_space_check:
 *
 * Looks now, unless it is looking already; "checked" follows.
 */
void
mb_space_check (MbSpace *self)
{
  g_autoptr (GTask) task = NULL;
  gint64 now_us = g_get_monotonic_time ();
  Look *look;
  GHashTableIter iter;
  gpointer value;

  if (self->is_looking)
    return;
  self->is_looking = TRUE;
  look = g_new0 (Look, 1);
  look->directory = g_strdup (self->directory);
  look->rooms = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  look->counts = (self->limits.quota_bytes > 0 || self->limits.room_quota_bytes > 0) &&
                 (self->counted_us == 0 || now_us - self->counted_us >= COUNT_INTERVAL_US);
  g_hash_table_iter_init (&iter, self->rooms);
  while (look->counts && g_hash_table_iter_next (&iter, NULL, &value))
    ((Room *) value)->written_when_asked = ((Room *) value)->written;
  task = g_task_new (self, NULL, on_looked, NULL);
  g_task_set_task_data (task, look, look_free);
  g_task_run_in_thread (task, look_offmain);
}

static gboolean
on_timer (gpointer user_data)
{
  mb_space_check (user_data);
  return G_SOURCE_CONTINUE;
}

/**
 * mb_space_add_written:
 * @room_id: of a recorder's room
 * @bytes: that it has written there since it last said so; 0 makes the room known
 */
void
mb_space_add_written (MbSpace *self, const char *room_id, guint64 bytes)
{
  Room *room = g_hash_table_lookup (self->rooms, room_id);

  if (room == NULL) {
    room = g_new0 (Room, 1);
    room->quota.state.full_s = MB_SPACE_FOREVER_S;
    g_hash_table_insert (self->rooms, g_strdup (room_id), room);
    self->counted_us = 0; /* what it has from before is not known */
  }
  room->written += bytes;
}

/**
 * mb_space_add_missing:
 *
 * So many frames have come and the disk was too slow for them.
 */
void
mb_space_add_missing (MbSpace *self, guint64 n_frames)
{
  mb_metric_add (self->missing_frames, (gint64) n_frames);
}

static void
take_worse (MbSpaceState *state, const MbSpaceGauge *gauge)
{
  gboolean is_sooner = gauge->state.full_s < state->full_s;

  if (gauge->n_samples > 0 &&
      (gauge->state.level > state->level || (gauge->state.level == state->level && is_sooner)))
    *state = gauge->state;
}

/**
 * mb_space_get_state:
 * @room_id: of a recorder's room
 * @state: (out caller-allocates): of what is shortest
 */
void
mb_space_get_state (MbSpace *self, const char *room_id, MbSpaceState *state)
{
  const Room *room = g_hash_table_lookup (self->rooms, room_id);

  *state = self->disk.state;
  take_worse (state, &self->quota);
  if (room != NULL)
    take_worse (state, &room->quota);
}

/**
 * mb_space_new:
 * @directory: of all recordings; need not be there yet
 */
MbSpace *
mb_space_new (const char *directory, const MbSpaceLimits *limits)
{
  MbSpace *self = g_object_new (MB_TYPE_SPACE, NULL);

  self->directory = g_strdup (directory);
  self->limits = *limits;
  self->timer_id = g_timeout_add (INTERVAL_MS, on_timer, self);
  return self;
}

static void
mb_space_dispose (GObject *object)
{
  MbSpace *self = MB_SPACE (object);

  g_clear_handle_id (&self->timer_id, g_source_remove);
  G_OBJECT_CLASS (mb_space_parent_class)->dispose (object);
}

static void
mb_space_finalize (GObject *object)
{
  MbSpace *self = MB_SPACE (object);

  g_hash_table_unref (self->rooms);
  g_free (self->directory);
  G_OBJECT_CLASS (mb_space_parent_class)->finalize (object);
}

static void
mb_space_class_init (MbSpaceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mb_space_dispose;
  G_OBJECT_CLASS (klass)->finalize = mb_space_finalize;

  /**
   * MbSpace::checked:
   *
   * What mb_space_get_state() says is new.
   */
  signals[SIGNAL_CHECKED] = g_signal_new (
      "checked", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
mb_space_init (MbSpace *self)
{
  MbMetrics *metrics = mb_metrics_get_default ();

  self->rooms = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->disk.state.reason = "disk";
  self->disk.state.full_s = MB_SPACE_FOREVER_S;
  self->free_bytes = mb_metrics_gauge (metrics, "meshbot_recorder_disk_free_bytes",
      "Free on the disk that recordings are written to.", NULL);
  self->floor_bytes = mb_metrics_gauge (metrics, "meshbot_recorder_disk_floor_bytes",
      "Below it pictures are left out, below half of it everything.", NULL);
  self->full_seconds = mb_metrics_gauge (metrics, "meshbot_recorder_seconds_to_full",
      "Until recording stops for want of room, as the last minute went; at most a year.", NULL);
  self->level = mb_metrics_gauge (metrics, "meshbot_recorder_level",
      "What is recorded: 0 everything, 1 sound only, 2 nothing.", NULL);
  self->written_bytes = mb_metrics_counter (
      metrics, "meshbot_recorder_written_bytes_total", "Written into recordings.", NULL);
  self->missing_frames = mb_metrics_counter (metrics, "meshbot_recorder_missing_frames_total",
      "Frames that came and the disk was too slow for.", NULL);
}
