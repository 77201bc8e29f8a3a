/* mb-visitors.c: who calls, by address: how often, and with how many connections
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table is bounded: whoever calls from a million addresses makes it forget others' rates, never
 * their connections.
 */
#include "mb-visitors.h"

#include <string.h>

typedef struct {
  MbAddress address;
  MbBucket buckets[MB_N_VISITS];
  unsigned int n_seats;
  GList link; /* in the queue of idle ones */
} Visitor;

struct _MbSeat {
  MbVisitors *visitors; /* not owned */
  Visitor *visitor;     /* (nullable) not owned */
};

struct _MbVisitors {
  MbVisitorLimits limits;
  GArray *proxies;   /* (element-type MbNetwork) owned */
  GHashTable *table; /* (element-type Visitor) owned; by address */
  GQueue idle;       /* (element-type Visitor) without a connection, the longest idle first */
  unsigned int n_seats;
};

static unsigned int
hash_address (gconstpointer key)
{
  const MbAddress *address = key;
  guint32 hash = 2166136261;

  for (gsize i = 0; i < sizeof address->bytes; i++)
    hash = (hash ^ address->bytes[i]) * 16777619;
  return hash;
}

static gboolean
equal_addresses (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (MbAddress)) == 0;
}

/**
 * mb_visitors_set_limits:
 * @limits: its proxies have been checked with mb_network_parse()
 *
 * From here on; who has more than he may have keeps it.
 */
void
mb_visitors_set_limits (MbVisitors *self, const MbVisitorLimits *limits)
{
  self->limits = *limits;
  self->limits.proxies = NULL;
  g_array_set_size (self->proxies, 0);
  for (const char *const *at = limits->proxies; at != NULL && *at != NULL; at++) {
    MbNetwork network;

    if (mb_network_parse (&network, *at))
      g_array_append_val (self->proxies, network);
  }
}

/**
 * mb_visitors_new:
 * @limits: its proxies have been checked with mb_network_parse()
 */
MbVisitors *
mb_visitors_new (const MbVisitorLimits *limits)
{
  MbVisitors *self = g_new0 (MbVisitors, 1);

  self->proxies = g_array_new (FALSE, FALSE, sizeof (MbNetwork));
  mb_visitors_set_limits (self, limits);
  self->table = g_hash_table_new_full (hash_address, equal_addresses, NULL, g_free);
  g_queue_init (&self->idle);
  return self;
}

/**
 * mb_visitors_free:
 *
 * All seats have been left by now.
 */
void
mb_visitors_free (MbVisitors *self)
{
  g_assert (self->n_seats == 0);
  g_hash_table_unref (self->table);
  g_array_unref (self->proxies);
  g_free (self);
}

unsigned int
mb_visitors_count (MbVisitors *self)
{
  return g_hash_table_size (self->table);
}

gboolean
mb_visitors_is_proxy (MbVisitors *self, const MbAddress *peer)
{
  for (unsigned int i = 0; i < self->proxies->len; i++) {
    if (mb_network_contains (&g_array_index (self->proxies, MbNetwork, i), peer))
      return TRUE;
  }
  return FALSE;
}

/* The address in one item of a list: `for="[2001:db8::1]:80";proto=https`, or bare. */
static gboolean
read_item (const char *item, gboolean is_named, MbAddress *address)
{
  const char *at = item + strspn (item, " \t");
  gsize length = 0;

  if (is_named) {
    while (g_ascii_strncasecmp (at, "for=", 4) != 0) {
      at = strchr (at, ';');
      if (at == NULL)
        return FALSE;
      at++;
      at += strspn (at, " \t");
    }
    at += 4;
    at += *at == '"';
  }
  length = strcspn (at, is_named ? "\"; \t" : " \t");
  return mb_address_parse (address, at, length);
}

/* Each proxy adds whom it saw at the end, and what was there before it is anybody's word: the last one
 * that is no proxy of ours is the client. */
static gboolean
read_list (MbVisitors *self, const char *list, gboolean is_named, MbAddress *client)
{
  g_auto (GStrv) items = g_strsplit (list, ",", -1);

  for (unsigned int i = g_strv_length (items); i > 0; i--) {
    if (!read_item (items[i - 1], is_named, client))
      return FALSE;
    if (!mb_visitors_is_proxy (self, client))
      return TRUE;
  }
  return FALSE;
}

/**
 * mb_visitors_find_client:
 * @peer: who is connected
 * @forwarded: (nullable): its `Forwarded` fields (RFC 7239)
 * @x_forwarded_for: (nullable): its `X-Forwarded-For` fields
 *
 * A proxy sets one of the two and may pass the other on as its client wrote it. Where both are there and
 * differ, neither counts.
 *
 * Returns: who calls: @peer unless that is a proxy of ours
 */
MbAddress
mb_visitors_find_client (
    MbVisitors *self, const MbAddress *peer, const char *forwarded, const char *x_forwarded_for)
{
  MbAddress by_name = *peer;
  MbAddress by_list = *peer;

  if (!mb_visitors_is_proxy (self, peer))
    return *peer;
  if (forwarded != NULL && !read_list (self, forwarded, TRUE, &by_name))
    return *peer;
  if (x_forwarded_for != NULL && !read_list (self, x_forwarded_for, FALSE, &by_list))
    return *peer;
  if (forwarded != NULL && x_forwarded_for != NULL && !equal_addresses (&by_name, &by_list))
    return *peer;
  return forwarded != NULL ? by_name : by_list;
}

static Visitor *
meet (MbVisitors *self, const MbAddress *client)
{
  MbAddress key = *client;
  Visitor *visitor = NULL;

  mb_address_generalise (&key);
  visitor = g_hash_table_lookup (self->table, &key);
  if (visitor != NULL) {
    if (visitor->n_seats == 0) {
      g_queue_unlink (&self->idle, &visitor->link);
      g_queue_push_tail_link (&self->idle, &visitor->link);
    }
    return visitor;
  }
  if (g_hash_table_size (self->table) >= MB_VISITORS_MAX) {
    GList *oldest = g_queue_pop_head_link (&self->idle);

    if (oldest == NULL)
      return NULL;
    g_hash_table_remove (self->table, &((Visitor *) oldest->data)->address);
  }
  visitor = g_new0 (Visitor, 1);
  visitor->address = key;
  visitor->link.data = visitor;
  g_hash_table_insert (self->table, &visitor->address, visitor);
  g_queue_push_tail_link (&self->idle, &visitor->link);
  return visitor;
}

/**
 * mb_visitors_take:
 * @now_us: the monotonic clock
 *
 * Returns: 0 where it may; else how many seconds it is to wait
 */
unsigned int
mb_visitors_take (MbVisitors *self, const MbAddress *client, MbVisit visit, gint64 now_us)
{
  const MbRate *rate = &self->limits.rates[visit];
  Visitor *visitor = NULL;

  if (rate->per_second == 0)
    return 0;
  visitor = meet (self, client);
  if (visitor != NULL && mb_bucket_take (&visitor->buckets[visit], rate, now_us))
    return 0;
  return 1;
}

/**
 * mb_visitors_are_full:
 *
 * Returns: whether there are as many connections as there may be in all
 */
gboolean
mb_visitors_are_full (MbVisitors *self)
{
  return self->limits.max_connections > 0 && self->n_seats >= self->limits.max_connections;
}

/**
 * mb_visitors_sit:
 * @is_counted_each: %FALSE for a proxy, whose connections are those of many
 *
 * Returns: (transfer full) (nullable): held for as long as the connection; %NULL where there are too many
 */
MbSeat *
mb_visitors_sit (MbVisitors *self, const MbAddress *client, gboolean is_counted_each)
{
  Visitor *visitor = NULL;
  MbSeat *seat = NULL;

  if (mb_visitors_are_full (self))
    return NULL;
  if (is_counted_each && self->limits.max_connections_each > 0) {
    visitor = meet (self, client);
    if (visitor == NULL || visitor->n_seats >= self->limits.max_connections_each)
      return NULL;
    if (visitor->n_seats++ == 0)
      g_queue_unlink (&self->idle, &visitor->link);
  }
  seat = g_new0 (MbSeat, 1);
  seat->visitors = self;
  seat->visitor = visitor;
  self->n_seats++;
  return seat;
}

/**
 * mb_seat_free:
 */
void
mb_seat_free (MbSeat *self)
{
  Visitor *visitor = self->visitor;

  self->visitors->n_seats--;
  if (visitor != NULL && --visitor->n_seats == 0)
    g_queue_push_tail_link (&self->visitors->idle, &visitor->link);
  g_free (self);
}
