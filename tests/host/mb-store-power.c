/* mb-store-power.c: what was acknowledged is there after a power cut, whichever moment it comes at
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SQLite writes through a file system of this test's that remembers what has been synced and what
 * has only been written. At every write and every sync it may make an image of what a disk would
 * hold if the power went just then: all that was synced, and of the rest any part, in sectors. Each
 * image is then opened as a store.
 */
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "mb-store.h"
#include "mb-test-host.h"

#define SECTOR 512
#define ROOMS 60
#define LOG_PAGES 20
#define IMAGES_MAX 150

/* Bytes at a place, or, without bytes, the new end of the file. */
typedef struct {
  gint64 offset;
  GBytes *bytes; /* (nullable) owned */
} Change;

typedef struct {
  GByteArray *synced;
  GPtrArray *changes; /* (element-type Change) since then */
} Disk;

typedef struct {
  GHashTable *files; /* (element-type GBytes) by path */
  unsigned int n_acknowledged;
} Image;

/* What SQLite thinks is its file; the real one lies behind. */
typedef struct {
  sqlite3_file base;
  sqlite3_file *real;
  Disk *disk; /* not owned */
} PowerFile;

static sqlite3_vfs *real_vfs;
static GHashTable *disks; /* (element-type Disk) by path */
static GPtrArray *images; /* (element-type Image) */
static GRand *chance;
static int n_acknowledged; /* atomic */
static gboolean recording;

static void
change_free (gpointer data)
{
  Change *change = data;

  g_clear_pointer (&change->bytes, g_bytes_unref);
  g_free (change);
}

static void
disk_free (gpointer data)
{
  Disk *disk = data;

  g_byte_array_unref (disk->synced);
  g_ptr_array_unref (disk->changes);
  g_free (disk);
}

static void
image_free (gpointer data)
{
  Image *image = data;

  g_hash_table_unref (image->files);
  g_free (image);
}

static Disk *
find_disk (const char *path)
{
  Disk *disk = g_hash_table_lookup (disks, path);

  if (disk == NULL) {
    disk = g_new0 (Disk, 1);
    disk->synced = g_byte_array_new ();
    disk->changes = g_ptr_array_new_with_free_func (change_free);
    g_hash_table_insert (disks, g_strdup (path), disk);
  }
  return disk;
}

static void
apply (GByteArray *contents, const Change *change, gsize length)
{
  gsize end = (gsize) change->offset + length;
  gsize before = contents->len;

  if (change->bytes == NULL) {
    g_byte_array_set_size (contents, (guint) change->offset);
    return;
  }
  if (end > before) {
    g_byte_array_set_size (contents, (guint) end);
    memset (contents->data + before, 0, end - before);
  }
  memcpy (contents->data + change->offset, g_bytes_get_data (change->bytes, NULL), length);
}

/* Of what was not synced each change may be there, may be missing, may be there by half. */
static GBytes *
draw_contents (const Disk *disk)
{
  GByteArray *contents = g_byte_array_new ();

  g_byte_array_append (contents, disk->synced->data, disk->synced->len);
  for (unsigned int i = 0; i < disk->changes->len; i++) {
    const Change *change = g_ptr_array_index (disk->changes, i);
    gsize size = change->bytes == NULL ? 0 : g_bytes_get_size (change->bytes);
    int fate = g_rand_int_range (chance, 0, 4);

    if (fate == 0)
      continue;
    if (fate == 1 && size > SECTOR)
      size = (gsize) g_rand_int_range (chance, 1, (gint32) (size / SECTOR + 1)) * SECTOR;
    apply (contents, change, size);
  }
  return g_byte_array_free_to_bytes (contents);
}

static void
maybe_cut_power (void)
{
  GHashTableIter iter;
  gpointer path = NULL;
  gpointer disk = NULL;
  Image *image = NULL;

  if (!recording || images->len >= IMAGES_MAX || g_rand_int_range (chance, 0, 3) != 0)
    return;
  image = g_new0 (Image, 1);
  image->n_acknowledged = (unsigned int) g_atomic_int_get (&n_acknowledged);
  image->files =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  g_hash_table_iter_init (&iter, disks);
  while (g_hash_table_iter_next (&iter, &path, &disk))
    g_hash_table_insert (image->files, g_strdup (path), draw_contents (disk));
  g_ptr_array_add (images, image);
}

static int
power_close (sqlite3_file *file)
{
  PowerFile *self = (PowerFile *) file;
  int code = self->real->pMethods->xClose (self->real);

  g_clear_pointer (&self->real, g_free);
  return code;
}

static int
power_read (sqlite3_file *file, void *bytes, int length, sqlite3_int64 offset)
{
  PowerFile *self = (PowerFile *) file;

  return self->real->pMethods->xRead (self->real, bytes, length, offset);
}

static int
power_write (sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset)
{
  PowerFile *self = (PowerFile *) file;
  Change *change = g_new0 (Change, 1);

  change->offset = offset;
  change->bytes = g_bytes_new (bytes, (gsize) length);
  g_ptr_array_add (self->disk->changes, change);
  maybe_cut_power ();
  return self->real->pMethods->xWrite (self->real, bytes, length, offset);
}

static int
power_truncate (sqlite3_file *file, sqlite3_int64 size)
{
  PowerFile *self = (PowerFile *) file;
  Change *change = g_new0 (Change, 1);

  change->offset = size;
  g_ptr_array_add (self->disk->changes, change);
  return self->real->pMethods->xTruncate (self->real, size);
}

static int
power_sync (sqlite3_file *file, int flags)
{
  PowerFile *self = (PowerFile *) file;
  Disk *disk = self->disk;

  maybe_cut_power ();
  for (unsigned int i = 0; i < disk->changes->len; i++) {
    const Change *change = g_ptr_array_index (disk->changes, i);

    apply (disk->synced, change, change->bytes == NULL ? 0 : g_bytes_get_size (change->bytes));
  }
  g_ptr_array_set_size (disk->changes, 0);
  maybe_cut_power ();
  return SQLITE_OK;
}

static int
power_size (sqlite3_file *file, sqlite3_int64 *size)
{
  PowerFile *self = (PowerFile *) file;

  return self->real->pMethods->xFileSize (self->real, size);
}

static int
power_lock (sqlite3_file *file, int level)
{
  PowerFile *self = (PowerFile *) file;

  return self->real->pMethods->xLock (self->real, level);
}

static int
power_unlock (sqlite3_file *file, int level)
{
  PowerFile *self = (PowerFile *) file;

  return self->real->pMethods->xUnlock (self->real, level);
}

static int
power_check_lock (sqlite3_file *file, int *reserved)
{
  PowerFile *self = (PowerFile *) file;

  return self->real->pMethods->xCheckReservedLock (self->real, reserved);
}

static int
power_control (sqlite3_file *file, int operation, void *argument)
{
  PowerFile *self = (PowerFile *) file;

  return self->real->pMethods->xFileControl (self->real, operation, argument);
}

static int
power_sector_size (sqlite3_file *file)
{
  return SECTOR;
}

static int
power_characteristics (sqlite3_file *file)
{
  PowerFile *self = (PowerFile *) file;

  return self->real->pMethods->xDeviceCharacteristics (self->real);
}

static const sqlite3_io_methods POWER_METHODS = {.iVersion = 1,
    .xClose = power_close,
    .xRead = power_read,
    .xWrite = power_write,
    .xTruncate = power_truncate,
    .xSync = power_sync,
    .xFileSize = power_size,
    .xLock = power_lock,
    .xUnlock = power_unlock,
    .xCheckReservedLock = power_check_lock,
    .xFileControl = power_control,
    .xSectorSize = power_sector_size,
    .xDeviceCharacteristics = power_characteristics};

static int
power_open (sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags)
{
  PowerFile *self = (PowerFile *) file;
  int code;

  self->real = g_malloc0 ((gsize) real_vfs->szOsFile);
  self->base.pMethods = NULL;
  code = real_vfs->xOpen (real_vfs, path, self->real, flags, out_flags);
  if (code != SQLITE_OK) {
    g_clear_pointer (&self->real, g_free);
    return code;
  }
  self->base.pMethods = &POWER_METHODS;
  self->disk = find_disk (path == NULL ? "" : path);
  return SQLITE_OK;
}

static int
power_delete (sqlite3_vfs *vfs, const char *path, int sync_folder)
{
  g_hash_table_remove (disks, path);
  return real_vfs->xDelete (real_vfs, path, sync_folder);
}

/* Has the log put into the database every few rooms, which by itself happens after a thousand. */
static int
shorten_log (sqlite3 *db, const char **message, const struct sqlite3_api_routines *routines)
{
  return sqlite3_wal_autocheckpoint (db, LOG_PAGES);
}

static void
on_added (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  mb_store_write_finish (result, &error);
  g_assert_no_error (error);
  g_atomic_int_inc (&n_acknowledged);
}

static gboolean
all_acknowledged (gpointer data)
{
  return g_atomic_int_get (&n_acknowledged) == ROOMS;
}

/* Rooms come one by one and in heaps; they are acknowledged in that order. */
static void
write_rooms (const char *path)
{
  g_autoptr (GPtrArray) none = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strnfill (3000, 'x');
  g_autofree char *metadata = g_strdup_printf ("{\"text\":\"%s\"}", text);
  MbStore *store = mb_store_new (path, &none, &error);

  g_assert_no_error (error);
  recording = TRUE;
  for (int i = 0; i < ROOMS; i++) {
    g_autofree char *id = g_strdup_printf ("r%02d", i);
    MbRoomRecord record = {.id = id, .name = id, .metadata = metadata};

    mb_store_add_room_async (store, &record, on_added, NULL);
    while (i % 4 == 0 && g_atomic_int_get (&n_acknowledged) <= i)
      g_main_context_iteration (NULL, TRUE);
  }
  mb_test_wait (all_acknowledged, NULL, "the last room");
  recording = FALSE;
  mb_store_free (store);
}

/* Puts the image into a folder and opens it there. Returns how many rooms are in it. */
static unsigned int
open_image (const Image *image, const char *folder)
{
  GHashTableIter iter;
  gpointer path = NULL;
  gpointer bytes = NULL;
  g_autofree char *database = g_build_filename (folder, "rooms.db", NULL);
  g_autofree char *log = g_strconcat (database, "-wal", NULL);
  g_autoptr (GPtrArray) rooms = NULL;
  g_autoptr (GError) error = NULL;
  MbStore *store = NULL;

  g_unlink (database);
  g_unlink (log);
  g_hash_table_iter_init (&iter, image->files);
  while (g_hash_table_iter_next (&iter, &path, &bytes)) {
    gsize size = 0;
    const char *data = g_bytes_get_data (bytes, &size);
    g_autofree char *name = g_path_get_basename (path);
    g_autofree char *copy = g_build_filename (folder, name, NULL);

    g_file_set_contents_full (
        copy, data == NULL ? "" : data, (gssize) size, G_FILE_SET_CONTENTS_NONE, 0600, &error);
    g_assert_no_error (error);
  }
  store = mb_store_new (database, &rooms, &error);
  g_assert_no_error (error);
  for (unsigned int i = 0; i < rooms->len; i++) {
    const MbRoomRecord *room = g_ptr_array_index (rooms, i);
    g_autofree char *expected = g_strdup_printf ("r%02u", i);

    g_assert_cmpstr (room->id, ==, expected);
    g_assert_cmpuint (strlen (room->metadata), ==, 3000 + strlen ("{\"text\":\"\"}"));
  }
  mb_store_free (store);
  g_unlink (database);
  g_unlink (log);
  return rooms->len;
}

static void
test_power (void)
{
  g_autofree char *folder = g_dir_make_tmp ("mb-store-power-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "rooms.db", NULL);
  sqlite3_vfs power;
  unsigned int n_ahead = 0;

  real_vfs = sqlite3_vfs_find (NULL);
  power = *real_vfs;
  power.zName = "power";
  power.szOsFile = sizeof (PowerFile);
  power.xOpen = power_open;
  power.xDelete = power_delete;
  disks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, disk_free);
  images = g_ptr_array_new_with_free_func (image_free);
  chance = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  sqlite3_auto_extension ((void (*) (void)) shorten_log);
  sqlite3_vfs_register (&power, 1);
  write_rooms (path);
  sqlite3_vfs_register (real_vfs, 1);
  sqlite3_vfs_unregister (&power);
  sqlite3_reset_auto_extension ();

  g_assert_cmpuint (images->len, >, 50);
  for (unsigned int i = 0; i < images->len; i++) {
    const Image *image = g_ptr_array_index (images, i);
    unsigned int n_found = open_image (image, folder);

    g_assert_cmpuint (n_found, >=, image->n_acknowledged);
    n_ahead += n_found > image->n_acknowledged ? 1 : 0;
  }
  g_test_message ("%u power cuts; after %u of them there was more than had been acknowledged",
      images->len, n_ahead);
  g_ptr_array_unref (images);
  g_hash_table_unref (disks);
  g_rand_free (chance);
  g_unlink (path);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store-power/acknowledged-rooms-outlive-a-power-cut", test_power);
  return g_test_run ();
}
