/* mb-mesh.c: bots in one room of a real host see, hear and record each other, and leave nothing
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define GST_USE_UNSTABLE_API

#include "mb-mesh.h"

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <gst/gsttracerfactory.h>
#include <string.h>

#include "mb-peer.h"
#include "mb-server.h"

#define PATIENCE_S 40
#define ENOUGH_BYTES \
  40000 /* of a recording with video in it: more than audio alone brings so soon */

typedef struct {
  MbServer *server;
  MbMedia *media;
  MbSource *source;
  char *folder;
  guint watchdog_id;
  guint look_again_id;
} Fixture;

typedef struct {
  MbMesh *mesh;
  gboolean joined;
  gboolean left;
  GError *error;
  MbPeer *peer; /* (nullable) owned: the first that came */
} Member;

static gboolean
on_watchdog (gpointer user_data)
{
  g_assert_not_reached ();
}

/* A file that grows wakes nobody. */
static gboolean
on_look_again (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  MbServerConfig config;
  MbSourceOptions options = {.width = 320, .height = 240, .fps = 15, .video_bps = 400000};

  mb_server_config_init (&config);
  config.port = 0;
  config.store_path = ":memory:";
  fixture->server = mb_server_new (&config, &error);
  g_assert_no_error (error);
  fixture->media = mb_media_new ();
  fixture->source = mb_source_new (fixture->media, "videotestsrc", &options, &error);
  g_assert_no_error (error);
  g_assert_true (mb_source_start (fixture->source, &error));
  fixture->folder = g_dir_make_tmp ("meshbot-test-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->watchdog_id = g_timeout_add_seconds (PATIENCE_S, on_watchdog, NULL);
  fixture->look_again_id = g_timeout_add (50, on_look_again, NULL);
}

static void
on_drained (GObject *server, GAsyncResult *result, gpointer done)
{
  mb_server_drain_finish (MB_SERVER (server), result, NULL);
  *(gboolean *) done = TRUE;
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    remove_tree (child);
  }
  g_remove (path);
}

/* Elements that outlive their pipelines hold sockets and threads: none may. */
static void
assert_no_element_lives (void)
{
  GList *tracers = gst_tracing_get_active_tracers ();

  for (GList *item = tracers; item != NULL; item = item->next) {
    GstStructure *info = NULL;
    const GValue *list;

    if (strcmp (G_OBJECT_TYPE_NAME (item->data), "GstLeaksTracer") != 0)
      continue;
    g_signal_emit_by_name (item->data, "get-live-objects", &info);
    list = gst_structure_get_value (info, "live-objects-list");
    for (unsigned int i = 0; list != NULL && i < gst_value_list_get_size (list); i++) {
      const GstStructure *entry = gst_value_get_structure (gst_value_list_get_value (list, i));
      const GValue *object = gst_structure_get_value (entry, "object");

      if (G_VALUE_HOLDS (object, GST_TYPE_ELEMENT))
        g_test_message ("alive: %s", GST_OBJECT_NAME (g_value_get_object (object)));
      g_assert_false (G_VALUE_HOLDS (object, GST_TYPE_ELEMENT));
    }
    gst_structure_free (info);
  }
  g_list_free_full (tracers, gst_object_unref);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  gboolean drained = FALSE;

  mb_source_stop (fixture->source);
  g_clear_object (&fixture->source);
  mb_server_drain_async (fixture->server, on_drained, &drained);
  while (!drained)
    g_main_context_iteration (NULL, TRUE);
  g_clear_object (&fixture->server);
  while (g_main_context_iteration (NULL, FALSE)) {
  }
  mb_media_unref (fixture->media);
  remove_tree (fixture->folder);
  g_free (fixture->folder);
  g_source_remove (fixture->watchdog_id);
  g_source_remove (fixture->look_again_id);
  assert_no_element_lives ();
}

static void
on_joined (MbMesh *mesh, Member *member)
{
  member->joined = TRUE;
}

static void
on_left (MbMesh *mesh, Member *member)
{
  member->left = TRUE;
}

static void
on_failed (MbMesh *mesh, const GError *error, Member *member)
{
  if (member->error == NULL)
    member->error = g_error_copy (error);
}

static void
on_peer_added (MbMesh *mesh, MbPeer *peer, Member *member)
{
  if (member->peer == NULL)
    member->peer = g_object_ref (peer);
}

static void
member_start (Fixture *fixture, Member *member, const char *name, gboolean sends, gboolean records)
{
  g_autofree char *url = g_strdup (mb_server_get_url (fixture->server));
  g_autoptr (GError) error = NULL;
  MbMeshConfig config = {.server_url = url,
      .room_id = "x",
      .display_name = name,
      .role = records ? MB_ROLE_RECORDER : MB_ROLE_BOT,
      .record_dir = records ? fixture->folder : NULL};

  member->mesh = mb_mesh_new (fixture->media, sends ? fixture->source : NULL, &config, &error);
  g_assert_no_error (error);
  g_signal_connect (member->mesh, "joined", G_CALLBACK (on_joined), member);
  g_signal_connect (member->mesh, "peer-added", G_CALLBACK (on_peer_added), member);
  g_signal_connect (member->mesh, "left", G_CALLBACK (on_left), member);
  g_signal_connect (member->mesh, "failed", G_CALLBACK (on_failed), member);
  mb_mesh_start (member->mesh);
  while (!member->joined) {
    g_assert_no_error (member->error);
    g_main_context_iteration (NULL, TRUE);
  }
}

static void
member_leave (Member *member)
{
  mb_mesh_leave (member->mesh);
  while (!member->left)
    g_main_context_iteration (NULL, TRUE);
  g_clear_object (&member->peer);
  g_clear_object (&member->mesh);
  g_clear_error (&member->error);
}

/* Files of the folder and the folders in it with that ending, each of at least so many bytes. */
static unsigned int
count_files (const char *path, const char *ending, gint64 bytes)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  unsigned int n = 0;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *child = g_build_filename (path, name, NULL);
    GStatBuf info;

    if (g_file_test (child, G_FILE_TEST_IS_DIR))
      n += count_files (child, ending, bytes);
    else if (g_str_has_suffix (name, ending) && g_stat (child, &info) == 0 && info.st_size >= bytes)
      n++;
  }
  return n;
}

static void
test_recorded (Fixture *fixture, gconstpointer data)
{
  Member sender = {0};
  Member recorder = {0};

  member_start (fixture, &sender, "sender", TRUE, FALSE);
  member_start (fixture, &recorder, "archive", FALSE, TRUE);
  while (count_files (fixture->folder, ".webm.part", ENOUGH_BYTES) < 1)
    g_main_context_iteration (NULL, TRUE);
  member_leave (&recorder);
  member_leave (&sender);

  g_assert_cmpuint (count_files (fixture->folder, ".webm", ENOUGH_BYTES), ==, 1);
  g_assert_cmpuint (count_files (fixture->folder, ".part", 0), ==, 0);
}

static unsigned int
get_patience_ms (const Member *member)
{
  GPtrArray *tracks = NULL;

  while (member->peer == NULL || (tracks = mb_peer_get_tracks (member->peer)) == NULL ||
         tracks->len == 0)
    g_main_context_iteration (NULL, TRUE);
  return ((const MbTrack *) g_ptr_array_index (tracks, 0))->give_up_ms;
}

/* Who has somebody to talk to does not keep what comes for so long. */
static void
test_patience (Fixture *fixture, gconstpointer data)
{
  Member sender = {0};
  Member archive = {0};
  Member both = {0};

  member_start (fixture, &sender, "sender", TRUE, FALSE);
  member_start (fixture, &archive, "archive", FALSE, TRUE);
  member_start (fixture, &both, "both", TRUE, TRUE);

  g_assert_cmpuint (get_patience_ms (&archive), ==, 2000);
  g_assert_cmpuint (get_patience_ms (&both), ==, 0);
  member_leave (&both);
  member_leave (&archive);
  member_leave (&sender);
}

static void
test_three (Fixture *fixture, gconstpointer data)
{
  Member members[3] = {0};

  member_start (fixture, &members[0], "one", TRUE, TRUE);
  member_start (fixture, &members[1], "two", TRUE, FALSE);
  member_start (fixture, &members[2], "three", TRUE, FALSE);
  while (count_files (fixture->folder, ".webm.part", ENOUGH_BYTES) < 2)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (mb_mesh_count_peers (members[0].mesh), ==, 2);
  member_leave (&members[1]);
  while (mb_mesh_count_peers (members[0].mesh) > 1)
    g_main_context_iteration (NULL, TRUE);
  member_leave (&members[0]);
  member_leave (&members[2]);

  g_assert_cmpuint (count_files (fixture->folder, ".webm", ENOUGH_BYTES), ==, 2);
}

static void
test_left_at_once (Fixture *fixture, gconstpointer data)
{
  /* In the middle of whatever ICE and DTLS are at. */
  for (int i = 0; i < 5; i++) {
    Member first = {0};
    Member second = {0};

    member_start (fixture, &first, "first", TRUE, TRUE);
    member_start (fixture, &second, "second", TRUE, FALSE);
    for (int turn = 0; turn < i * 40; turn++)
      g_main_context_iteration (NULL, TRUE);
    member_leave (&second);
    member_leave (&first);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_setenv ("GST_TRACERS", "leaks", TRUE);
  gst_init (&argc, &argv);
  g_test_add ("/mesh/a-sender-is-recorded", Fixture, NULL, set_up, test_recorded, tear_down);
  g_test_add ("/mesh/who-only-records-waits-two-seconds-for-what-is-lost", Fixture, NULL, set_up,
      test_patience, tear_down);
  g_test_add ("/mesh/three-see-two-each", Fixture, NULL, set_up, test_three, tear_down);
  g_test_add ("/mesh/leaving-at-any-moment-leaves-nothing", Fixture, NULL, set_up,
      test_left_at_once, tear_down);
  return g_test_run ();
}
