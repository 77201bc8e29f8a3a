/* mb-store.c: rooms outlive the process, and a file that will not do is said to
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-store.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "mb-error.h"
#include "mb-test-host.h"

typedef struct {
  char *folder;
  char *path;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("mb-store-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "sub", "rooms.db", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  static const char *const SUFFIXES[] = {"", "-wal", "-shm"};
  g_autofree char *sub = g_path_get_dirname (fixture->path);

  for (gsize i = 0; i < G_N_ELEMENTS (SUFFIXES); i++) {
    g_autofree char *path = g_strconcat (fixture->path, SUFFIXES[i], NULL);

    g_unlink (path);
  }
  g_rmdir (sub);
  g_rmdir (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->folder);
}

static MbStore *
open_store (const char *path, GPtrArray **rooms)
{
  g_autoptr (GError) error = NULL;
  MbStore *store = mb_store_new (path, rooms, &error);

  g_assert_no_error (error);
  return store;
}

static gboolean
add (MbStore *store, const char *id, GError **error)
{
  g_autofree char *name = g_strdup_printf ("Room %s", id);
  MbRoomRecord record = {.id = (char *) id,
      .name = name,
      .created_at_us = 1700000000123456,
      .max_members = 7,
      .topology = MB_TOPOLOGY_RELAY,
      .metadata = (char *) "{\"a\": 1e400}"};
  g_autoptr (GAsyncResult) result = NULL;

  mb_store_add_room_async (store, &record, mb_test_take_result, &result);
  mb_test_wait_for_result (&result);
  return mb_store_write_finish (result, error);
}

static void
test_outlive (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) none = NULL;
  g_autoptr (GPtrArray) rooms = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  MbStore *store = open_store (fixture->path, &none);
  const MbRoomRecord *room = NULL;

  g_assert_cmpuint (none->len, ==, 0);
  g_assert_true (add (store, "b", NULL));
  g_assert_true (add (store, "a", NULL));
  g_assert_true (add (store, "c", NULL));
  mb_store_remove_room_async (store, "b", mb_test_take_result, &result);
  mb_test_wait_for_result (&result);
  g_assert_true (mb_store_write_finish (result, NULL));
  mb_store_free (store);
  store = open_store (fixture->path, &rooms);

  g_assert_cmpuint (rooms->len, ==, 2);
  room = g_ptr_array_index (rooms, 0);
  g_assert_cmpstr (room->id, ==, "a");
  g_assert_cmpstr (room->name, ==, "Room a");
  g_assert_cmpint (room->created_at_us, ==, 1700000000123456);
  g_assert_cmpuint (room->max_members, ==, 7);
  g_assert_cmpint (room->topology, ==, MB_TOPOLOGY_RELAY);
  g_assert_cmpstr (room->metadata, ==, "{\"a\": 1e400}");
  mb_store_free (store);
}

static void
test_conflict (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) none = NULL;
  g_autoptr (GError) error = NULL;
  MbStore *store = open_store (":memory:", &none);

  g_assert_true (add (store, "a", NULL));
  g_assert_false (add (store, "a", &error));
  g_assert_error (error, MB_ERROR, MB_ERROR_CONFLICT);
  g_assert_true (add (store, "b", NULL));
  mb_store_free (store);
}

/* What is asked for together is answered together, each for itself. */
static void
test_batch (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) none = NULL;
  MbStore *store = open_store (fixture->path, &none);
  GAsyncResult *results[50] = {NULL};

  for (gsize i = 0; i < G_N_ELEMENTS (results); i++) {
    g_autofree char *id = g_strdup_printf ("r%d", (int) i % 40);
    MbRoomRecord record = {.id = id, .name = id, .metadata = (char *) "{}"};

    mb_store_add_room_async (store, &record, mb_test_take_result, &results[i]);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (results); i++) {
    mb_test_wait_for_result (&results[i]);
    g_assert_cmpint (mb_store_write_finish (results[i], NULL), ==, i < 40);
    g_clear_object (&results[i]);
  }
  mb_store_free (store);
}

static void
assert_refused (const char *path, const char *part)
{
  g_autoptr (GPtrArray) rooms = NULL;
  g_autoptr (GError) error = NULL;
  MbStore *store = mb_store_new (path, &rooms, &error);

  g_assert_null (store);
  g_assert_error (error, MB_ERROR, MB_ERROR_UNAVAILABLE);
  if (strstr (error->message, part) == NULL)
    g_printerr ("%s\n", error->message);
  g_assert_nonnull (strstr (error->message, part));
}

static void
test_locked (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) none = NULL;
  MbStore *store = open_store (fixture->path, &none);

  assert_refused (fixture->path, "in use");

  mb_store_free (store);
}

static void
run_sql (const char *path, const char *sql)
{
  sqlite3 *db = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
}

static void
test_newer (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) none = NULL;

  mb_store_free (open_store (fixture->path, &none));
  run_sql (fixture->path, "PRAGMA user_version = 1000");

  assert_refused (fixture->path, "newer");
}

static void
test_foreign (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_path_get_dirname (fixture->path);

  g_mkdir (folder, 0700);
  run_sql (fixture->path, "CREATE TABLE recipes (name TEXT)");

  assert_refused (fixture->path, "another program");
}

static void
test_garbage (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_path_get_dirname (fixture->path);
  g_autofree char *garbage = g_strnfill (8192, 'x');

  g_mkdir (folder, 0700);
  g_assert_true (g_file_set_contents (fixture->path, garbage, 8192, NULL));

  assert_refused (fixture->path, "damaged");
}

static void
test_corrupt (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) none = NULL;
  MbStore *store = open_store (fixture->path, &none);
  g_autofree char *contents = NULL;
  gsize length = 0;

  for (int i = 0; i < 100; i++) {
    g_autofree char *id = g_strdup_printf ("room-%d", i);

    g_assert_true (add (store, id, NULL));
  }
  mb_store_free (store);
  g_assert_true (g_file_get_contents (fixture->path, &contents, &length, NULL));
  g_assert_cmpuint (length, >, 8192);
  memset (contents + 4096, 0xa5, length - 4096);
  g_assert_true (g_file_set_contents (fixture->path, contents, (gssize) length, NULL));

  assert_refused (fixture->path, "damaged");
}

static void
test_read_only (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) none = NULL;

  if (geteuid () == 0) {
    g_test_skip ("root may write everywhere");
    return;
  }
  mb_store_free (open_store (fixture->path, &none));
  g_chmod (fixture->path, 0400);

  assert_refused (fixture->path, "read-only");
}

static void
test_no_folder (Fixture *fixture, gconstpointer data)
{
  assert_refused ("/proc/nowhere/rooms.db", "folder");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)
  ADD ("/store/rooms-outlive-it-in-order", test_outlive);
  ADD ("/store/a-taken-id-is-a-conflict", test_conflict);
  ADD ("/store/writes-together-are-answered-each", test_batch);
  ADD ("/store/locked-is-an-error", test_locked);
  ADD ("/store/newer-is-an-error", test_newer);
  ADD ("/store/foreign-is-an-error", test_foreign);
  ADD ("/store/garbage-is-an-error", test_garbage);
  ADD ("/store/corrupt-is-an-error", test_corrupt);
  ADD ("/store/read-only-is-an-error", test_read_only);
  ADD ("/store/no-folder-is-an-error", test_no_folder);
  return g_test_run ();
}
