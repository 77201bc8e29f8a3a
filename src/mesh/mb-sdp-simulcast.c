/* mb-sdp-simulcast.c: which layer of a simulcast offer is taken
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A peer that offers its picture in several sizes (RFC 8853) is answered with one of them, the
 * largest: it is what is recorded, and the others would only cost the peer's upstream. An answer
 * that names none gets the first of the list, which mostly is the smallest. No size stands in what
 * browsers offer, so it is told from the names, which in practice say it ("q", "h", "f"; "low",
 * "mid", "high"; "r0", "r1", "r2"), and else from the order: where nothing else is asked for, a
 * browser scales each layer to half of the one after it (W3C WebRTC 1.0, addTransceiver).
 */
#include "mb-sdp-simulcast.h"

#include <string.h>

/* Sizes as people name them; one family is used at a time, so "h" is half beside "f" only. */
static const char *const FAMILIES[][10] = {
    {"q", "h", "f", NULL},
    {"l", "m", "h", NULL},
    {"lo", "mid", "hi", NULL},
    {"lo", "mi", "hi", NULL},
    {"low", "mid", "high", NULL},
    {"low", "medium", "high", NULL},
    {"s", "m", "l", "xl", NULL},
    {"small", "medium", "large", NULL},
    {"quarter", "half", "full", NULL},
    {"0", "1", "2", "3", NULL},
    {"r0", "r1", "r2", "r3", NULL},
    {"r1", "r2", "r3", "r4", NULL},
    {"1", "2", "3", "4", NULL},
    {"qvga", "vga", "hd", "fhd", NULL},
    {"180p", "360p", "720p", "1080p", NULL},
};

/* Returns: its place in the family; -1 if it is not of it */
static int
rank_in (const char *const *family, const char *rid)
{
  for (int i = 0; family[i] != NULL; i++) {
    if (g_ascii_strcasecmp (family[i], rid) == 0)
      return i;
  }
  return -1;
}

/* The rids after "send" in the attribute's value, in order; of alternatives the first. */
static GPtrArray *
list_sent (const MbSdpSection *section)
{
  GPtrArray *rids = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) words = g_strsplit_set (section->simulcast, " ", 8);
  const char *list = NULL;

  for (unsigned int i = 0; words[i] != NULL && words[i + 1] != NULL; i++) {
    if (g_str_equal (words[i], "send"))
      list = words[i + 1];
  }
  g_auto (GStrv) streams = g_strsplit (list != NULL ? list : "", ";", 16);

  for (unsigned int i = 0; streams[i] != NULL; i++) {
    const char *rid = streams[i] + (streams[i][0] == '~' ? 1 : 0);
    gsize length = strcspn (rid, ",");

    for (unsigned int k = 0; k < section->rids->len; k++) {
      const MbSdpRid *known = section->rids->pdata[k];

      if (known->is_send && strlen (known->id) == length && strncmp (known->id, rid, length) == 0)
        g_ptr_array_add (rids, g_strdup (known->id));
    }
  }
  return rids;
}

static unsigned int
find_largest (const GPtrArray *rids)
{
  for (gsize i = 0; i < G_N_ELEMENTS (FAMILIES); i++) {
    unsigned int largest = 0;
    int best = -1;
    unsigned int n_known = 0;

    for (unsigned int k = 0; k < rids->len; k++) {
      int rank = rank_in (FAMILIES[i], rids->pdata[k]);

      n_known += rank >= 0 ? 1 : 0;
      if (rank > best) {
        best = rank;
        largest = k;
      }
    }
    if (n_known == rids->len)
      return largest;
  }
  return rids->len - 1;
}

/**
 * mb_sdp_simulcast_choose:
 * @section: a section of a peer's description
 *
 * Returns: (transfer none) (nullable): the rid of the largest layer that it can send; NULL where it
 *   has no rids
 */
const char *
mb_sdp_simulcast_choose (const MbSdpSection *section)
{
  g_autoptr (GPtrArray) rids = NULL;
  const char *chosen = NULL;

  if (section->simulcast != NULL) {
    rids = list_sent (section);
    if (rids->len > 0)
      chosen = rids->pdata[find_largest (rids)];
  }
  for (unsigned int i = 0; i < section->rids->len; i++) {
    const MbSdpRid *rid = section->rids->pdata[i];

    if (rid->is_send && (chosen == NULL || g_str_equal (rid->id, chosen)))
      return rid->id;
  }
  return NULL;
}

/**
 * mb_sdp_simulcast_accept:
 * @section: one of ours
 * @rid: the layer that we take
 */
void
mb_sdp_simulcast_accept (MbSdpSection *section, const char *rid)
{
  MbSdpRid *accepted = g_new0 (MbSdpRid, 1);

  accepted->id = g_strdup (rid);
  g_ptr_array_add (section->rids, accepted);
  g_free (section->simulcast);
  section->simulcast = g_strdup_printf ("recv %s", rid);
}

/**
 * mb_sdp_simulcast_get_accepted:
 * @section: one of ours
 *
 * Returns: (transfer none) (nullable): the layer that it takes
 */
const char *
mb_sdp_simulcast_get_accepted (const MbSdpSection *section)
{
  for (unsigned int i = 0; i < section->rids->len; i++) {
    const MbSdpRid *rid = section->rids->pdata[i];

    if (!rid->is_send)
      return rid->id;
  }
  return NULL;
}
