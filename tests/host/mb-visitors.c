/* mb-visitors.c: who calls is found behind proxies, counted by site, and forgotten in time
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-visitors.h"

#include <string.h>

#define NOW_US G_GINT64_CONSTANT (1000000000)

static MbAddress
parse (const char *text)
{
  MbAddress address;

  g_assert_true (mb_address_parse (&address, text, strlen (text)));
  return address;
}

static void
assert_same (MbAddress a, const char *text)
{
  MbAddress b = parse (text);

  g_assert_cmpmem (a.bytes, sizeof a.bytes, b.bytes, sizeof b.bytes);
}

static void
test_addresses (void)
{
  static const char *const WRONG[] = {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "unknown", "_hidden",
      "[::1", "[::1]x", "::1::", "1.2.3.4 ", "01.2.3.4x", "localhost"};
  MbAddress address;

  assert_same (parse ("1.2.3.4:80"), "1.2.3.4");
  assert_same (parse ("::ffff:1.2.3.4"), "1.2.3.4");
  assert_same (parse ("[2001:db8::1]:443"), "2001:db8::1");
  assert_same (parse ("[2001:db8::1]"), "2001:db8::1");
  for (gsize i = 0; i < G_N_ELEMENTS (WRONG); i++)
    g_assert_false (mb_address_parse (&address, WRONG[i], strlen (WRONG[i])));
}

static const struct {
  const char *network;
  const char *address;
  gboolean contains;
} NETWORKS[] = {
    {"10.0.0.0/8", "10.255.0.1", TRUE},
    {"10.0.0.0/8", "11.0.0.1", FALSE},
    {"10.0.0.128/25", "10.0.0.127", FALSE},
    {"10.0.0.128/25", "10.0.0.128", TRUE},
    {"10.0.0.1", "10.0.0.1", TRUE},
    {"10.0.0.1", "10.0.0.2", FALSE},
    {"0.0.0.0/0", "1.2.3.4", TRUE},
    {"0.0.0.0/0", "2001:db8::1", FALSE},
    {"::/0", "1.2.3.4", TRUE},
    {"fd00::/8", "fdff::1", TRUE},
    {"fd00::/8", "fe00::1", FALSE},
};

static void
test_networks (void)
{
  static const char *const WRONG[] = {"", "/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1",
      "10.0.0.0/8/8", "a/8", "10.0.0.1:80"};
  MbNetwork network;

  for (gsize i = 0; i < G_N_ELEMENTS (NETWORKS); i++) {
    MbAddress address = parse (NETWORKS[i].address);

    g_assert_true (mb_network_parse (&network, NETWORKS[i].network));
    g_assert_cmpint (mb_network_contains (&network, &address), ==, NETWORKS[i].contains);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (WRONG); i++)
    g_assert_false (mb_network_parse (&network, WRONG[i]));
}

static const struct {
  const char *peer;
  const char *forwarded;
  const char *x_forwarded_for;
  const char *client;
} CLIENTS[] = {
    /* Only a proxy of ours is believed. */
    {"1.2.3.4", NULL, "9.9.9.9", "1.2.3.4"},
    {"1.2.3.4", "for=9.9.9.9", NULL, "1.2.3.4"},
    {"10.0.0.1", NULL, NULL, "10.0.0.1"},
    {"10.0.0.1", NULL, "9.9.9.9", "9.9.9.9"},
    /* What stands before the last foreign address is the client's own word. */
    {"10.0.0.1", NULL, "8.8.8.8, 9.9.9.9", "9.9.9.9"},
    {"10.0.0.1", NULL, "8.8.8.8, 9.9.9.9, 10.0.0.2", "9.9.9.9"},
    {"10.0.0.1", NULL, "10.0.0.3, 10.0.0.2", "10.0.0.1"},
    {"10.0.0.1", NULL, "8.8.8.8, nonsense", "10.0.0.1"},
    {"10.0.0.1", NULL, "", "10.0.0.1"},
    {"10.0.0.1", NULL, "8.8.8.8,", "10.0.0.1"},
    {"10.0.0.1", "for=9.9.9.9", NULL, "9.9.9.9"},
    {"10.0.0.1", "for=8.8.8.8, proto=https;For=\"[2001:db8::1]:99\";by=x", NULL, "2001:db8::1"},
    {"10.0.0.1", "for=\"_hidden\"", NULL, "10.0.0.1"},
    {"10.0.0.1", "by=9.9.9.9", NULL, "10.0.0.1"},
    {"10.0.0.1", "for=9.9.9.9", "9.9.9.9", "9.9.9.9"},
    /* One of them may be what the client sent. */
    {"10.0.0.1", "for=8.8.8.8", "9.9.9.9", "10.0.0.1"},
    {"10.0.0.1", "garbage", "9.9.9.9", "10.0.0.1"},
};

static void
test_clients (void)
{
  static const char *const PROXIES[] = {"10.0.0.0/24", NULL};
  MbVisitorLimits limits = {.proxies = PROXIES};
  g_autoptr (MbVisitors) visitors = mb_visitors_new (&limits);

  for (gsize i = 0; i < G_N_ELEMENTS (CLIENTS); i++) {
    MbAddress peer = parse (CLIENTS[i].peer);

    g_test_message ("row %" G_GSIZE_FORMAT, i);
    assert_same (
        mb_visitors_find_client (visitors, &peer, CLIENTS[i].forwarded, CLIENTS[i].x_forwarded_for),
        CLIENTS[i].client);
  }
}

static unsigned int
call (MbVisitors *visitors, const char *text)
{
  MbAddress address = parse (text);

  return mb_visitors_take (visitors, &address, MB_VISIT_CALL, NOW_US);
}

static void
test_rates (void)
{
  MbVisitorLimits limits = {.rates = {[MB_VISIT_CALL] = {.per_second = 1, .burst = 2}}};
  g_autoptr (MbVisitors) visitors = mb_visitors_new (&limits);
  MbAddress address = parse ("1.2.3.4");

  g_assert_cmpuint (call (visitors, "1.2.3.4"), ==, 0);
  g_assert_cmpuint (call (visitors, "1.2.3.4"), ==, 0);
  g_assert_cmpuint (call (visitors, "1.2.3.4"), >, 0);
  g_assert_cmpuint (call (visitors, "1.2.3.5"), ==, 0);
  g_assert_cmpuint (call (visitors, "2001:db8::1"), ==, 0);
  g_assert_cmpuint (call (visitors, "2001:db8::2:0:0:1"), ==, 0);
  g_assert_cmpuint (call (visitors, "2001:db8::3"), >, 0);
  g_assert_cmpuint (call (visitors, "2001:db8:0:1::3"), ==, 0);
  g_assert_cmpuint (mb_visitors_take (visitors, &address, MB_VISIT_HANDSHAKE, NOW_US), ==, 0);
  g_assert_cmpuint (
      mb_visitors_take (visitors, &address, MB_VISIT_CALL, NOW_US + G_USEC_PER_SEC), ==, 0);
}

static void
test_seats (void)
{
  MbVisitorLimits limits = {.max_connections_each = 2, .max_connections = 4};
  g_autoptr (MbVisitors) visitors = mb_visitors_new (&limits);
  MbAddress one = parse ("1.2.3.4");
  MbAddress two = parse ("1.2.3.5");
  MbSeat *a = mb_visitors_sit (visitors, &one, TRUE);
  MbSeat *b = mb_visitors_sit (visitors, &one, TRUE);
  MbSeat *c = NULL;
  MbSeat *d = NULL;

  g_assert_nonnull (a);
  g_assert_nonnull (b);
  g_assert_null (mb_visitors_sit (visitors, &one, TRUE));
  g_assert_false (mb_visitors_are_full (visitors));
  mb_seat_free (b);
  b = mb_visitors_sit (visitors, &one, TRUE);
  c = mb_visitors_sit (visitors, &two, TRUE);
  /* A proxy's own are counted in all only. */
  d = mb_visitors_sit (visitors, &one, FALSE);
  g_assert_nonnull (d);
  g_assert_true (mb_visitors_are_full (visitors));
  g_assert_null (mb_visitors_sit (visitors, &two, TRUE));
  mb_seat_free (a);
  mb_seat_free (b);
  mb_seat_free (c);
  mb_seat_free (d);
}

static void
test_bounded (void)
{
  MbVisitorLimits limits = {
      .rates = {[MB_VISIT_CALL] = {.per_second = 1, .burst = 1}}, .max_connections_each = 1};
  g_autoptr (MbVisitors) visitors = mb_visitors_new (&limits);
  MbAddress connected = parse ("1.2.3.4");
  MbSeat *seat = mb_visitors_sit (visitors, &connected, TRUE);

  for (guint32 i = 0; i < 3 * MB_VISITORS_MAX; i++) {
    MbAddress address = {.bytes = {0x20, 1}};

    memcpy (address.bytes + 4, &i, sizeof i);
    g_assert_cmpuint (mb_visitors_take (visitors, &address, MB_VISIT_CALL, NOW_US), ==, 0);
  }
  g_assert_cmpuint (mb_visitors_count (visitors), ==, MB_VISITORS_MAX);
  g_assert_null (mb_visitors_sit (visitors, &connected, TRUE));
  mb_seat_free (seat);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/visitors/addresses-of-all-spellings", test_addresses);
  g_test_add_func ("/visitors/networks-to-the-bit", test_networks);
  g_test_add_func ("/visitors/only-own-proxies-are-believed", test_clients);
  g_test_add_func ("/visitors/rates-are-of-one-site-and-one-kind", test_rates);
  g_test_add_func ("/visitors/seats-of-one-and-of-all", test_seats);
  g_test_add_func ("/visitors/a-million-addresses-take-no-more", test_bounded);
  return g_test_run ();
}
