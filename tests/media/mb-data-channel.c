/* mb-data-channel.c: who offers opens it, both can write, and a stranger's messages do no harm
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-data-channel.h"

typedef struct {
  MbDataChannel *channel;
  GQueue out;     /* (element-type GBytes) */
  GString *heard; /* texts, each in brackets */
  unsigned int n_open;
} End;

typedef struct {
  End offerer, answerer;
} Fixture;

static void
on_send (gpointer user_data, const guint8 *packet, gsize size)
{
  g_queue_push_tail (&((End *) user_data)->out, g_bytes_new (packet, size));
}

static void
on_open (gpointer user_data)
{
  ((End *) user_data)->n_open++;
}

static void
on_text (gpointer user_data, const char *text)
{
  g_string_append_printf (((End *) user_data)->heard, "[%s]", text);
}

static void
end_init (End *self, gboolean is_client, const char *label)
{
  static const MbDataChannelEvents events = {on_send, on_open, on_text};

  g_queue_init (&self->out);
  self->heard = g_string_new (NULL);
  self->channel = mb_data_channel_new (&events, self, is_client, label);
}

static void
end_clear (End *self)
{
  mb_data_channel_free (self->channel);
  g_queue_clear_full (&self->out, (GDestroyNotify) g_bytes_unref);
  g_string_free (self->heard, TRUE);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  end_init (&self->offerer, FALSE, "chat");
  end_init (&self->answerer, TRUE, data);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  end_clear (&self->offerer);
  end_clear (&self->answerer);
}

static void
carry (End *from, End *to)
{
  GBytes *bytes;

  while ((bytes = g_queue_pop_head (&from->out)) != NULL) {
    gsize size = 0;
    const guint8 *data = g_bytes_get_data (bytes, &size);

    mb_data_channel_take (to->channel, data, size, 1);
    g_bytes_unref (bytes);
  }
}

static void
run (Fixture *self)
{
  while (!g_queue_is_empty (&self->offerer.out) || !g_queue_is_empty (&self->answerer.out)) {
    carry (&self->offerer, &self->answerer);
    carry (&self->answerer, &self->offerer);
  }
}

static void
test_texts (Fixture *self, gconstpointer data)
{
  g_assert_false (mb_data_channel_send_text (self->offerer.channel, "early", 1));
  mb_data_channel_start (self->offerer.channel, 1);
  mb_data_channel_start (self->answerer.channel, 1);
  run (self);
  g_assert_cmpuint (self->offerer.n_open, ==, 1);
  g_assert_cmpuint (self->answerer.n_open, ==, 1);
  g_assert_true (mb_data_channel_send_text (self->offerer.channel, "h\xc3\xa9", 1));
  g_assert_true (mb_data_channel_send_text (self->answerer.channel, "", 1));
  g_assert_true (mb_data_channel_send_text (self->answerer.channel, "ho", 1));
  run (self);
  g_assert_cmpstr (self->answerer.heard->str, ==, "[h\xc3\xa9]");
  g_assert_cmpstr (self->offerer.heard->str, ==, "[][ho]");
}

static void
test_close (Fixture *self, gconstpointer data)
{
  mb_data_channel_start (self->offerer.channel, 1);
  run (self);
  mb_data_channel_close (self->answerer.channel);
  run (self);
  g_assert_false (mb_data_channel_send_text (self->offerer.channel, "late", 1));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/data-channel/the-offerer-opens-it", Fixture, NULL, set_up, test_texts, tear_down);
  g_test_add ("/data-channel/both-may-open-one", Fixture, "other", set_up, test_texts, tear_down);
  g_test_add (
      "/data-channel/after-the-end-nothing-is-sent", Fixture, NULL, set_up, test_close, tear_down);
  return g_test_run ();
}
