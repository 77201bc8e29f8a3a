/* mb-address.c: IP addresses and networks as values; IPv4 is mapped into IPv6
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define V4_BITS 32
#define BITS 128
/* What is shown of one that is masked. */
#define V4_MASKED_BYTES 3
#define V6_MASKED_BYTES 6
/* What one IPv6 customer has at least: all of it is one visitor. */
#define V6_SITE_BYTES 8

static const guint8 V4_BEGIN[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static gboolean
is_v4 (const MbAddress *self)
{
  return memcmp (self->bytes, V4_BEGIN, sizeof V4_BEGIN) == 0;
}

static gboolean
parse_bare (MbAddress *self, const char *text)
{
  if (inet_pton (AF_INET6, text, self->bytes) == 1)
    return TRUE;
  if (inet_pton (AF_INET, text, self->bytes + sizeof V4_BEGIN) != 1)
    return FALSE;
  memcpy (self->bytes, V4_BEGIN, sizeof V4_BEGIN);
  return TRUE;
}

/**
 * mb_address_parse:
 * @text: an address as proxies write it: with a port or without, IPv6 in brackets or, without a port,
 *   bare
 */
gboolean
mb_address_parse (MbAddress *self, const char *text, gsize length)
{
  char copy[64];
  char *end = NULL;

  if (length == 0 || length >= sizeof copy)
    return FALSE;
  memcpy (copy, text, length);
  copy[length] = '\0';
  if (*copy == '[') {
    end = strchr (copy, ']');
    if (end == NULL || (end[1] != '\0' && end[1] != ':'))
      return FALSE;
    *end = '\0';
    return parse_bare (self, copy + 1);
  }
  end = strchr (copy, ':');
  if (end != NULL && strchr (end + 1, ':') == NULL)
    *end = '\0';
  return parse_bare (self, copy);
}

/**
 * mb_address_read_peer:
 * @fd: a connected socket
 */
void
mb_address_read_peer (MbAddress *self, int fd)
{
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } peer = {0};
  socklen_t length = sizeof peer;

  memset (self, 0, sizeof *self);
  if (getpeername (fd, &peer.any, &length) != 0)
    return;
  if (peer.any.sa_family == AF_INET6) {
    memcpy (self->bytes, &peer.v6.sin6_addr, sizeof self->bytes);
  } else if (peer.any.sa_family == AF_INET) {
    memcpy (self->bytes, V4_BEGIN, sizeof V4_BEGIN);
    memcpy (self->bytes + sizeof V4_BEGIN, &peer.v4.sin_addr, 4);
  }
}

/**
 * mb_address_generalise:
 *
 * Makes all addresses of one IPv6 site (a /64) the same.
 */
void
mb_address_generalise (MbAddress *self)
{
  if (!is_v4 (self))
    memset (self->bytes + V6_SITE_BYTES, 0, sizeof self->bytes - V6_SITE_BYTES);
}

/**
 * mb_network_parse:
 * @text: an address, or `ADDRESS/BITS`
 */
gboolean
mb_network_parse (MbNetwork *self, const char *text)
{
  const char *slash = strchr (text, '/');
  g_autofree char *base =
      slash == NULL ? g_strdup (text) : g_strndup (text, (gsize) (slash - text));
  guint64 bits = 0;
  unsigned int max = 0;

  if (!parse_bare (&self->base, base))
    return FALSE;
  max = is_v4 (&self->base) && strchr (base, ':') == NULL ? V4_BITS : BITS;
  self->prefix = BITS;
  if (slash == NULL)
    return TRUE;
  if (!g_ascii_string_to_unsigned (slash + 1, 10, 0, max, &bits, NULL))
    return FALSE;
  self->prefix = (unsigned int) bits + BITS - max;
  return TRUE;
}

gboolean
mb_network_contains (const MbNetwork *self, const MbAddress *address)
{
  unsigned int whole = self->prefix / 8;
  unsigned int rest = self->prefix % 8;

  if (memcmp (self->base.bytes, address->bytes, whole) != 0)
    return FALSE;
  return rest == 0 || (self->base.bytes[whole] ^ address->bytes[whole]) >> (8 - rest) == 0;
}

/**
 * mb_address_to_string:
 *
 * Returns: (transfer full) (nullable): as people write it, IPv4 as such; %NULL where it is hidden
 */
char *
mb_address_to_string (const MbAddress *self, MbAddressStyle style)
{
  MbAddress shown = *self;
  char text[INET6_ADDRSTRLEN];
  unsigned int kept = is_v4 (self) ? sizeof V4_BEGIN + V4_MASKED_BYTES : V6_MASKED_BYTES;
  const char *end = is_v4 (self) ? "/24" : "/48";

  if (style == MB_ADDRESS_HIDDEN)
    return NULL;
  if (style == MB_ADDRESS_MASKED)
    memset (shown.bytes + kept, 0, sizeof shown.bytes - kept);
  if (is_v4 (self))
    inet_ntop (AF_INET, shown.bytes + sizeof V4_BEGIN, text, sizeof text);
  else
    inet_ntop (AF_INET6, shown.bytes, text, sizeof text);
  return g_strconcat (text, style == MB_ADDRESS_MASKED ? end : "", NULL);
}
