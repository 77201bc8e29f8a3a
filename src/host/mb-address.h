/* mb-address.h: IP addresses and networks as values; IPv4 is mapped into IPv6
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct {
  guint8 bytes[16]; /* ::ffff:a.b.c.d for IPv4; all zero where it is not known */
} MbAddress;

/**
 * MbNetwork:
 * @prefix: bits of @base that count, 0 to 128
 */
typedef struct {
  MbAddress base;
  unsigned int prefix;
} MbNetwork;

/**
 * MbAddressStyle:
 * @MB_ADDRESS_MASKED: the network it is in, a /24 or a /48
 * @MB_ADDRESS_HIDDEN: nothing of it
 */
typedef enum {
  MB_ADDRESS_FULL,
  MB_ADDRESS_MASKED,
  MB_ADDRESS_HIDDEN,
} MbAddressStyle;

char *mb_address_to_string (const MbAddress *self, MbAddressStyle style);
gboolean mb_address_parse (MbAddress *self, const char *text, gsize length);
void mb_address_read_peer (MbAddress *self, int fd);
void mb_address_generalise (MbAddress *self);
gboolean mb_network_parse (MbNetwork *self, const char *text);
gboolean mb_network_contains (const MbNetwork *self, const MbAddress *address);
