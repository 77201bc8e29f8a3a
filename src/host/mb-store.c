/* mb-store.c: SQLite: the rooms that outlive the process; a thread of its own inside
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The thread takes values and gives values back; the database is opened and migrated before it
 * starts and belongs to it from then on. Writes that wait together are committed together, and
 * each is answered only once its commit is on the disk. The database is locked for as long as it
 * is open, since the host answers from memory: two hosts on one file would tell two truths.
 */
#include "mb-store.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "mb-error.h"

/* "mesh": an SQLite application id, so that a foreign database is not taken for ours. */
#define APPLICATION_ID 0x6d657368
#define WRITES_PER_COMMIT 256
#define BUSY_MS 200

/* Number n takes a database of version n to n + 1. They are never changed, only added to. */
static const char *const MIGRATIONS[] = {
    "CREATE TABLE room ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT,"
    " id TEXT NOT NULL UNIQUE,"
    " name TEXT NOT NULL,"
    " created_at_us INTEGER NOT NULL,"
    " max_members INTEGER NOT NULL,"
    " topology TEXT NOT NULL,"
    " metadata TEXT NOT NULL"
    ") STRICT",
};

static const char *const TOPOLOGIES[] = {
    [MB_TOPOLOGY_AUTO] = "auto",
    [MB_TOPOLOGY_MESH] = "mesh",
    [MB_TOPOLOGY_RELAY] = "relay",
};

typedef enum {
  WRITE_ADD,
  WRITE_REMOVE,
  WRITE_QUIT
} WriteKind;

typedef struct {
  WriteKind kind;
  MbRoomRecord *room; /* (nullable) owned */
  char *id;           /* (nullable) owned */
  GTask *task;        /* (nullable) owned */
  GError *error;      /* (nullable) owned */
} Write;

struct _MbStore {
  char *path;          /* owned */
  sqlite3 *db;         /* owned; the thread's */
  GThread *thread;     /* (nullable) owned */
  GAsyncQueue *writes; /* (element-type Write) */
};

MbRoomRecord *
mb_room_record_copy (const MbRoomRecord *self)
{
  MbRoomRecord *copy = g_new0 (MbRoomRecord, 1);

  *copy = *self;
  copy->id = g_strdup (self->id);
  copy->name = g_strdup (self->name);
  copy->metadata = g_strdup (self->metadata);
  return copy;
}

void
mb_room_record_free (MbRoomRecord *self)
{
  g_free (self->id);
  g_free (self->name);
  g_free (self->metadata);
  g_free (self);
}

const char *
mb_topology_to_string (MbTopology topology)
{
  return TOPOLOGIES[topology];
}

gboolean
mb_topology_from_string (const char *string, MbTopology *topology)
{
  for (unsigned int i = 0; i < G_N_ELEMENTS (TOPOLOGIES); i++) {
    if (strcmp (string, TOPOLOGIES[i]) == 0) {
      *topology = (MbTopology) i;
      return TRUE;
    }
  }
  return FALSE;
}

static void
write_free (Write *write)
{
  g_clear_pointer (&write->room, mb_room_record_free);
  g_free (write->id);
  g_clear_object (&write->task);
  g_clear_error (&write->error);
  g_free (write);
}

static gboolean
set_error (MbStore *self, int code, GError **error)
{
  const char *message = self->db == NULL ? sqlite3_errstr (code) : sqlite3_errmsg (self->db);

  switch (code & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    g_set_error (error, MB_ERROR, MB_ERROR_UNAVAILABLE,
        "store %s is in use by another process; choose another with --store", self->path);
    break;
  case SQLITE_READONLY:
    g_set_error (error, MB_ERROR, MB_ERROR_UNAVAILABLE, "store %s is read-only", self->path);
    break;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    g_set_error (error, MB_ERROR, MB_ERROR_UNAVAILABLE,
        "store %s is damaged or no database (%s); move it away or restore it", self->path, message);
    break;
  case SQLITE_FULL:
    g_set_error (error, MB_ERROR, MB_ERROR_UNAVAILABLE, "no space left for store %s", self->path);
    break;
  case SQLITE_CANTOPEN:
    g_set_error (error, MB_ERROR, MB_ERROR_UNAVAILABLE, "store %s cannot be opened (%s)",
        self->path, message);
    break;
  default:
    g_set_error (error, MB_ERROR, MB_ERROR_UNAVAILABLE, "store %s: %s", self->path, message);
    break;
  }
  return FALSE;
}

static gboolean
run (MbStore *self, const char *sql, GError **error)
{
  int code = sqlite3_exec (self->db, sql, NULL, NULL, NULL);

  return code == SQLITE_OK || set_error (self, code, error);
}

static gboolean
read_integer (MbStore *self, const char *sql, gint64 *value, GError **error)
{
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2 (self->db, sql, -1, &statement, NULL);

  if (code == SQLITE_OK)
    code = sqlite3_step (statement);
  if (code == SQLITE_ROW)
    *value = sqlite3_column_int64 (statement, 0);
  if (code != SQLITE_ROW)
    set_error (self, code, error);
  sqlite3_finalize (statement);
  return code == SQLITE_ROW;
}

static gboolean
check_integrity (MbStore *self, GError **error)
{
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2 (self->db, "PRAGMA quick_check(1)", -1, &statement, NULL);
  gboolean whole = FALSE;

  if (code == SQLITE_OK)
    code = sqlite3_step (statement);
  if (code == SQLITE_ROW) {
    whole = g_strcmp0 ((const char *) sqlite3_column_text (statement, 0), "ok") == 0;
    if (!whole)
      set_error (self, SQLITE_CORRUPT, error);
  } else {
    set_error (self, code, error);
  }
  sqlite3_finalize (statement);
  return whole;
}

static gboolean
migrate (MbStore *self, GError **error)
{
  gint64 version = 0;
  gint64 application = 0;
  gint64 n_tables = 0;

  if (!read_integer (self, "PRAGMA user_version", &version, error) ||
      !read_integer (self, "PRAGMA application_id", &application, error) ||
      !read_integer (self, "SELECT count(*) FROM sqlite_schema", &n_tables, error))
    return FALSE;
  if (application != APPLICATION_ID && n_tables > 0) {
    g_set_error (error, MB_ERROR, MB_ERROR_UNAVAILABLE, "store %s is a database of another program",
        self->path);
    return FALSE;
  }
  if (version > (gint64) G_N_ELEMENTS (MIGRATIONS)) {
    g_set_error (error, MB_ERROR, MB_ERROR_UNAVAILABLE,
        "store %s is from a newer meshbot (its version is %" G_GINT64_FORMAT ", mine is %u)",
        self->path, version, (unsigned int) G_N_ELEMENTS (MIGRATIONS));
    return FALSE;
  }
  for (; version < (gint64) G_N_ELEMENTS (MIGRATIONS); version++) {
    g_autofree char *sql = g_strdup_printf (
        "BEGIN IMMEDIATE; %s; PRAGMA user_version = %d; PRAGMA application_id = %d; COMMIT",
        MIGRATIONS[version], (int) version + 1, APPLICATION_ID);

    if (!run (self, sql, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
open_database (MbStore *self, GError **error)
{
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
  gboolean is_file = strcmp (self->path, ":memory:") != 0;
  int code = SQLITE_OK;

  if (is_file) {
    g_autofree char *folder = g_path_get_dirname (self->path);
    int fd = -1;

    if (g_mkdir_with_parents (folder, 0750) != 0) {
      g_set_error (error, MB_ERROR, MB_ERROR_UNAVAILABLE, "cannot make the store's folder %s: %s",
          folder, g_strerror (errno));
      return FALSE;
    }
    /* SQLite would make it readable to everybody that the umask lets. */
    fd = g_open (self->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
      g_close (fd, NULL);
  }
  code = sqlite3_open_v2 (self->path, &self->db, flags, NULL);
  if (code != SQLITE_OK)
    return set_error (self, code, error);
  sqlite3_busy_timeout (self->db, BUSY_MS);
  sqlite3_db_config (self->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config (self->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  if (is_file && sqlite3_db_readonly (self->db, "main") == 1)
    return set_error (self, SQLITE_READONLY, error);
  return run (self,
             "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
             "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON;"
             "BEGIN IMMEDIATE; COMMIT",
             error) &&
         check_integrity (self, error) && migrate (self, error);
}

static char *
dup_column (sqlite3_stmt *statement, int column)
{
  return g_strdup ((const char *) sqlite3_column_text (statement, column));
}

static gboolean
read_rooms (MbStore *self, GPtrArray *rooms, GError **error)
{
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2 (self->db,
      "SELECT id, name, created_at_us, max_members, topology, metadata FROM room ORDER BY number",
      -1, &statement, NULL);

  while (code == SQLITE_OK || code == SQLITE_ROW) {
    MbRoomRecord *room = NULL;

    code = sqlite3_step (statement);
    if (code != SQLITE_ROW)
      break;
    room = g_new0 (MbRoomRecord, 1);
    room->id = dup_column (statement, 0);
    room->name = dup_column (statement, 1);
    room->created_at_us = sqlite3_column_int64 (statement, 2);
    room->max_members = (unsigned int) sqlite3_column_int (statement, 3);
    mb_topology_from_string ((const char *) sqlite3_column_text (statement, 4), &room->topology);
    room->metadata = dup_column (statement, 5);
    g_ptr_array_add (rooms, room);
  }
  if (code != SQLITE_DONE)
    set_error (self, code, error);
  sqlite3_finalize (statement);
  return code == SQLITE_DONE;
}

static int
add_room (MbStore *self, const MbRoomRecord *room)
{
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2 (self->db,
      "INSERT INTO room (id, name, created_at_us, max_members, topology, metadata)"
      " VALUES (?, ?, ?, ?, ?, ?)",
      -1, &statement, NULL);

  if (code == SQLITE_OK) {
    sqlite3_bind_text (statement, 1, room->id, -1, SQLITE_STATIC);
    sqlite3_bind_text (statement, 2, room->name, -1, SQLITE_STATIC);
    sqlite3_bind_int64 (statement, 3, room->created_at_us);
    sqlite3_bind_int64 (statement, 4, room->max_members);
    sqlite3_bind_text (statement, 5, mb_topology_to_string (room->topology), -1, SQLITE_STATIC);
    sqlite3_bind_text (statement, 6, room->metadata, -1, SQLITE_STATIC);
    code = sqlite3_step (statement);
  }
  sqlite3_finalize (statement);
  return code;
}

static int
remove_room (MbStore *self, const char *id)
{
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2 (self->db, "DELETE FROM room WHERE id = ?", -1, &statement, NULL);

  if (code == SQLITE_OK) {
    sqlite3_bind_text (statement, 1, id, -1, SQLITE_STATIC);
    code = sqlite3_step (statement);
  }
  sqlite3_finalize (statement);
  return code;
}

static void
apply (MbStore *self, Write *write)
{
  int code =
      write->kind == WRITE_ADD ? add_room (self, write->room) : remove_room (self, write->id);

  if (code == SQLITE_DONE)
    return;
  if ((code & 0xff) == SQLITE_CONSTRAINT)
    g_set_error (&write->error, MB_ERROR, MB_ERROR_CONFLICT, "a room %s exists", write->room->id);
  else
    set_error (self, code, &write->error);
}

/* One transaction for all that wait; a write that fails by itself does not spoil the others. */
static void
commit (MbStore *self, GPtrArray *batch)
{
  g_autoptr (GError) error = NULL;

  if (run (self, "BEGIN IMMEDIATE", &error)) {
    for (unsigned int i = 0; i < batch->len; i++)
      apply (self, g_ptr_array_index (batch, i));
    if (!run (self, "COMMIT", &error))
      run (self, "ROLLBACK", NULL);
  }
  for (unsigned int i = 0; i < batch->len; i++) {
    Write *write = g_ptr_array_index (batch, i);

    if (write->error != NULL)
      g_task_return_error (write->task, g_steal_pointer (&write->error));
    else if (error != NULL)
      g_task_return_error (write->task, g_error_copy (error));
    else
      g_task_return_boolean (write->task, TRUE);
  }
}

static gpointer
store_thread (gpointer data)
{
  MbStore *self = data;
  gboolean running = TRUE;

  while (running) {
    g_autoptr (GPtrArray) batch = g_ptr_array_new_with_free_func ((GDestroyNotify) write_free);
    Write *write = g_async_queue_pop (self->writes);

    while (write != NULL) {
      if (write->kind == WRITE_QUIT) {
        running = FALSE;
        write_free (write);
      } else {
        g_ptr_array_add (batch, write);
      }
      write = batch->len < WRITES_PER_COMMIT ? g_async_queue_try_pop (self->writes) : NULL;
    }
    if (batch->len > 0)
      commit (self, batch);
  }
  return NULL;
}

static MbStore *
store_open (const char *path, GPtrArray *rooms, GError **error)
{
  g_autoptr (MbStore) self = g_new0 (MbStore, 1);

  self->path = g_strdup (path);
  self->writes = g_async_queue_new ();
  if (!open_database (self, error) || !read_rooms (self, rooms, error))
    return NULL;
  self->thread = g_thread_new ("store", store_thread, self);
  return g_steal_pointer (&self);
}

/**
 * mb_store_new:
 * @path: a file, made where it is missing, its folder too; or `:memory:`
 * @rooms: (out) (transfer full) (element-type MbRoomRecord): what it holds, oldest first
 *
 * Waits for the disk, a moment: the host cannot answer before it knows its rooms.
 *
 * Returns: (transfer full): the store; or %NULL with %MB_ERROR_UNAVAILABLE where the file is
 *   locked, read-only, damaged, not ours or from a newer version
 */
MbStore *
mb_store_new (const char *path, GPtrArray **rooms, GError **error)
{
  g_autoptr (GPtrArray) found =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mb_room_record_free);
  MbStore *self = store_open (path, found, error);

  if (self != NULL)
    *rooms = g_steal_pointer (&found);
  return self;
}

/**
 * mb_store_free:
 *
 * Waits until what has been asked for is committed; their callbacks still run.
 */
void
mb_store_free (MbStore *self)
{
  if (self->thread != NULL) {
    Write *quit = g_new0 (Write, 1);

    quit->kind = WRITE_QUIT;
    g_async_queue_push (self->writes, quit);
    g_thread_join (self->thread);
  }
  sqlite3_close (self->db);
  g_async_queue_unref (self->writes);
  g_free (self->path);
  g_free (self);
}

static void
push (MbStore *self, Write *write, GAsyncReadyCallback callback, gpointer user_data)
{
  write->task = g_task_new (NULL, NULL, callback, user_data);
  g_async_queue_push (self->writes, write);
}

/**
 * mb_store_add_room_async:
 *
 * Ends with %MB_ERROR_CONFLICT where the id is taken, %MB_ERROR_UNAVAILABLE where the database
 * does not take it (no space).
 */
void
mb_store_add_room_async (
    MbStore *self, const MbRoomRecord *room, GAsyncReadyCallback callback, gpointer user_data)
{
  Write *write = g_new0 (Write, 1);

  write->kind = WRITE_ADD;
  write->room = mb_room_record_copy (room);
  push (self, write, callback, user_data);
}

void
mb_store_remove_room_async (
    MbStore *self, const char *id, GAsyncReadyCallback callback, gpointer user_data)
{
  Write *write = g_new0 (Write, 1);

  write->kind = WRITE_REMOVE;
  write->id = g_strdup (id);
  push (self, write, callback, user_data);
}

gboolean
mb_store_write_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
