/* mb-survivors.c: a connection goes with whoever holds both ends of it, in whatever order things come
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-survivors.h"

#include "mb-channel-message.h"

/* Peers are made-up pointers; what is done to them is written down. */
typedef struct {
  MbSurvivors *survivors;
  GString *deeds;
  char *key; /* (nullable) the last secret that was sent or shown */
  gboolean is_deaf;
} Fixture;

static const char ADA[] = "ada";
static const char BERT[] = "bert";

static void
drop (gpointer owner, gpointer peer)
{
  Fixture *fixture = owner;

  g_string_append_printf (fixture->deeds, "drop %s;", (const char *) peer);
  mb_survivors_forget (fixture->survivors, peer);
}

static void
admit (gpointer owner, const MbMemberInfo *member, GPtrArray *data)
{
  g_string_append_printf (((Fixture *) owner)->deeds, "admit %s %u;", member->id, data->len);
}

static void
adopt (gpointer owner, gpointer peer, const MbMemberInfo *member)
{
  g_string_append_printf (
      ((Fixture *) owner)->deeds, "adopt %s as %s;", (const char *) peer, member->id);
}

static void
suspend (gpointer owner, gpointer peer, gboolean is_suspended)
{
  g_string_append_printf (((Fixture *) owner)->deeds, "%s %s;", is_suspended ? "suspend" : "go-on",
      (const char *) peer);
}

static void
show (gpointer owner, const char *to, GBytes *data)
{
  Fixture *fixture = owner;

  g_free (fixture->key);
  fixture->key = mb_channel_message_read_resume (data);
  g_string_append_printf (fixture->deeds, "show %s;", to);
}

static gboolean
say (gpointer owner, gpointer peer, const char *text)
{
  Fixture *fixture = owner;
  g_autoptr (MbChannelMessage) message = mb_channel_message_parse (text);

  if (message->kind == MB_CHANNEL_MOVED) {
    g_free (fixture->key);
    fixture->key = g_strdup (message->key);
  }
  return !fixture->is_deaf;
}

static const char *
get_id (gpointer owner, gpointer peer)
{
  return peer;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  static const MbSurvivorsDeeds DEEDS = {drop, admit, adopt, suspend, show, say, get_id};

  fixture->survivors = mb_survivors_new (&DEEDS, fixture);
  fixture->deeds = g_string_new (NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  mb_survivors_free (fixture->survivors);
  g_string_free (fixture->deeds, TRUE);
  g_free (fixture->key);
}

static void
meet (Fixture *fixture, const char *id)
{
  g_autoptr (MbMemberInfo) member = mb_member_info_new (id, NULL, MB_ROLE_UNKNOWN, 0);

  mb_survivors_meet (fixture->survivors, member);
}

static void
take_resume (Fixture *fixture, const char *id, const char *key)
{
  g_autoptr (GBytes) data = mb_channel_message_build_resume (key);

  mb_survivors_take (fixture->survivors, id, data);
}

static void
assert_deeds (Fixture *fixture, const char *expected)
{
  g_assert_cmpstr (fixture->deeds->str, ==, expected);
  g_string_truncate (fixture->deeds, 0);
}

static void
test_orders (Fixture *fixture, gconstpointer data)
{
  /* Claim, newcomer and secret in each order that can be. */
  mb_survivors_leave (fixture->survivors, (gpointer) ADA, 60000);
  mb_survivors_claim (fixture->survivors, (gpointer) ADA, "a2", "secret");
  meet (fixture, "a2");
  take_resume (fixture, "a2", "secret");
  assert_deeds (fixture, "suspend ada;go-on ada;adopt ada as a2;");

  mb_survivors_leave (fixture->survivors, (gpointer) ADA, 60000);
  meet (fixture, "a3");
  take_resume (fixture, "a3", "secret");
  g_assert_true (mb_survivors_is_held (fixture->survivors, "a3"));
  mb_survivors_claim (fixture->survivors, (gpointer) ADA, "a3", "secret");
  g_assert_false (mb_survivors_is_held (fixture->survivors, "a3"));
  assert_deeds (fixture, "suspend ada;go-on ada;adopt ada as a3;");

  /* The server has not yet noticed that the old connection is gone. */
  mb_survivors_claim (fixture->survivors, (gpointer) ADA, "a4", "secret");
  meet (fixture, "a4");
  take_resume (fixture, "a4", "secret");
  assert_deeds (fixture, "go-on ada;adopt ada as a4;");
}

static void
test_both_moved (Fixture *fixture, gconstpointer data)
{
  mb_survivors_tell (fixture->survivors, (gpointer) ADA, "me2");
  mb_survivors_leave (fixture->survivors, (gpointer) ADA, 60000);
  mb_survivors_claim (fixture->survivors, (gpointer) ADA, "a2", "secret");
  meet (fixture, "a2");
  /* Ours is shown at once: the other side waits for it as we do for its own. */
  assert_deeds (fixture, "suspend ada;show a2;");
  take_resume (fixture, "a2", "secret");
  assert_deeds (fixture, "show a2;go-on ada;adopt ada as a2;");
}

static void
test_only_we_moved (Fixture *fixture, gconstpointer data)
{
  g_autofree char *told = NULL;

  mb_survivors_tell (fixture->survivors, (gpointer) ADA, "me2");
  told = g_strdup (fixture->key);
  mb_survivors_leave (fixture->survivors, (gpointer) ADA, 60000);
  mb_survivors_stay (fixture->survivors, (gpointer) ADA);

  assert_deeds (fixture, "suspend ada;go-on ada;show ada;");
  g_assert_cmpstr (fixture->key, ==, told);
  g_assert_false (mb_survivors_is_away (fixture->survivors, (gpointer) ADA));
}

static void
test_wrong_secret (Fixture *fixture, gconstpointer data)
{
  mb_survivors_leave (fixture->survivors, (gpointer) ADA, 60000);
  mb_survivors_claim (fixture->survivors, (gpointer) ADA, "thief", "secret");
  meet (fixture, "thief");
  take_resume (fixture, "thief", "guess");

  assert_deeds (fixture, "suspend ada;");
  g_assert_true (mb_survivors_is_held (fixture->survivors, "thief"));
}

/* A claim about somebody else's id gives nothing: that one shows no such secret. */
static void
test_claim_of_another (Fixture *fixture, gconstpointer data)
{
  mb_survivors_leave (fixture->survivors, (gpointer) ADA, 60000);
  mb_survivors_leave (fixture->survivors, (gpointer) BERT, 60000);
  mb_survivors_claim (fixture->survivors, (gpointer) BERT, "a2", "forged");
  mb_survivors_claim (fixture->survivors, (gpointer) ADA, "a2", "secret");
  meet (fixture, "a2");
  take_resume (fixture, "a2", "secret");

  assert_deeds (fixture, "suspend ada;suspend bert;go-on ada;adopt ada as a2;");
  g_assert_true (mb_survivors_is_away (fixture->survivors, (gpointer) BERT));
}

static void
test_somebody_new (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) offer = g_bytes_new_static ("{\"description\":{}}", 18);

  meet (fixture, "first");
  assert_deeds (fixture, "admit first 0;");
  mb_survivors_leave (fixture->survivors, (gpointer) ADA, 60000);
  meet (fixture, "second");
  meet (fixture, "second");
  assert_deeds (fixture, "suspend ada;");
  /* Who negotiates is not one of those who need not. */
  mb_survivors_take (fixture->survivors, "second", offer);
  assert_deeds (fixture, "admit second 1;");
  meet (fixture, "third");
  mb_survivors_unhold (fixture->survivors, "third");
  g_assert_false (mb_survivors_is_held (fixture->survivors, "third"));
  assert_deeds (fixture, "");
}

static void
test_no_answer (Fixture *fixture, gconstpointer data)
{
  mb_survivors_leave (fixture->survivors, (gpointer) ADA, 20);
  mb_survivors_leave (fixture->survivors, (gpointer) BERT, 20);
  mb_survivors_alive (fixture->survivors, (gpointer) BERT);
  while (mb_survivors_is_away (fixture->survivors, (gpointer) ADA))
    g_main_context_iteration (NULL, TRUE);

  assert_deeds (fixture, "suspend ada;suspend bert;drop ada;");
  g_assert_true (mb_survivors_is_away (fixture->survivors, (gpointer) BERT));
}

static void
test_closed (Fixture *fixture, gconstpointer data)
{
  fixture->is_deaf = TRUE;
  mb_survivors_leave (fixture->survivors, (gpointer) ADA, 60000);

  assert_deeds (fixture, "suspend ada;drop ada;");
}

/* A page that was reloaded without a goodbye. */
static void
test_former (Fixture *fixture, gconstpointer data)
{
  mb_survivors_set_client (fixture->survivors, (gpointer) ADA, "tab");
  g_assert_true (mb_survivors_has_client (fixture->survivors, (gpointer) ADA));
  fixture->is_deaf = TRUE;
  mb_survivors_set_client (fixture->survivors, (gpointer) ADA, "tab");
  assert_deeds (fixture, "");
  mb_survivors_set_client (fixture->survivors, (gpointer) BERT, "tab");
  assert_deeds (fixture, "drop ada;");
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*test) (Fixture *fixture, gconstpointer data);
  } CASES[] = {
      {"/survivors/claim-newcomer-secret-in-any-order", test_orders},
      {"/survivors/both-have-moved", test_both_moved},
      {"/survivors/only-we-have-moved", test_only_we_moved},
      {"/survivors/a-wrong-secret-is-none", test_wrong_secret},
      {"/survivors/nobody-is-taken-over-by-a-claim", test_claim_of_another},
      {"/survivors/somebody-new-is-not-kept-waiting", test_somebody_new},
      {"/survivors/who-does-not-answer-is-dropped", test_no_answer},
      {"/survivors/who-cannot-be-asked-is-dropped", test_closed},
      {"/survivors/a-reloaded-page-leaves-no-ghost", test_former},
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++)
    g_test_add (CASES[i].path, Fixture, NULL, set_up, CASES[i].test, tear_down);
  return g_test_run ();
}
