/* mb-progress.c: how many bots are doing, while they do it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * On a terminal a table that is drawn again every second, the worst rooms first; elsewhere a line
 * every ten seconds. What is shown is the last second of each stream.
 */
#include "mb-progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mb-log.h"

#define TABLE_INTERVAL_MS 1000
#define LINE_INTERVAL_MS 10000
#define ROWS_MAX 12
#define UP "\033[%uA\r\033[J" /* so many lines, and nothing below */

struct _MbProgress {
  unsigned int n_wanted;
  MbProgressFunc list;
  gpointer data;
  gboolean is_terminal;
  guint timer_id;
  unsigned int n_lines; /* of the table that is on the terminal */
};

/* A room, or all of them. */
typedef struct {
  const char *name; /* not owned */
  unsigned int n_bots;
  unsigned int n_joined;
  unsigned int n_peers;
  unsigned int n_errors;
  double fps; /* the least; NaN: none */
  double rx_kbps;
  double tx_kbps;
  double loss; /* the greatest, % */
} Sum;

static double
last_of (const MbPeerFigures *peer, MbMeasure measure)
{
  return peer->seconds[measure].n > 0 ? peer->seconds[measure].last : 0;
}

static void
add_peer (Sum *sum, const MbPeerFigures *peer)
{
  if (peer->ended || peer->state != MB_PEER_STATE_CONNECTED)
    return;
  sum->n_peers++;
  sum->rx_kbps +=
      last_of (peer, MB_MEASURE_RX_VIDEO_KBPS) + last_of (peer, MB_MEASURE_RX_AUDIO_KBPS);
  sum->tx_kbps +=
      last_of (peer, MB_MEASURE_TX_VIDEO_KBPS) + last_of (peer, MB_MEASURE_TX_AUDIO_KBPS);
  sum->loss = MAX (sum->loss, last_of (peer, MB_MEASURE_RX_VIDEO_LOSS));
  sum->loss = MAX (sum->loss, last_of (peer, MB_MEASURE_RX_AUDIO_LOSS));
  if (peer->seconds[MB_MEASURE_RX_VIDEO_FPS].n > 0) {
    double fps = last_of (peer, MB_MEASURE_RX_VIDEO_FPS);

    sum->fps = isnan (sum->fps) ? fps : MIN (sum->fps, fps);
  }
}

static void
add_bot (Sum *sum, const MbBotFigures *bot)
{
  sum->n_bots++;
  sum->n_joined += isnan (bot->join_ms) ? 0 : 1;
  sum->n_errors += bot->errors->len;
  for (guint i = 0; i < bot->peers->len; i++)
    add_peer (sum, g_ptr_array_index (bot->peers, i));
}

static Sum
sum_up (const GPtrArray *bots)
{
  Sum sum = {.fps = (double) NAN};

  for (guint i = 0; i < bots->len; i++)
    add_bot (&sum, g_ptr_array_index (bots, i));
  return sum;
}

/**
 * mb_progress_make_line:
 * @bots: (element-type MbBotFigures)
 * @n_wanted: how many there will be
 *
 * Returns: (transfer full): one line without its end
 */
char *
mb_progress_make_line (const GPtrArray *bots, unsigned int n_wanted)
{
  Sum sum = sum_up (bots);
  g_autofree char *fps = isnan (sum.fps) ? g_strdup ("-") : g_strdup_printf ("%.1f", sum.fps);

  return g_strdup_printf ("%u of %u bots, %u connections, %s frames/s at worst, %.1f Mbit/s in, "
                          "%.1f out, %.1f %% lost at worst, %u errors",
      sum.n_joined, n_wanted, sum.n_peers, fps, sum.rx_kbps / 1000, sum.tx_kbps / 1000, sum.loss,
      sum.n_errors);
}

/* What wants looking at comes first. */
static int
compare_rooms (gconstpointer a, gconstpointer b)
{
  const Sum *left = *(const Sum *const *) a;
  const Sum *right = *(const Sum *const *) b;

  if (left->n_errors != right->n_errors)
    return left->n_errors > right->n_errors ? -1 : 1;
  if (fabs (left->loss - right->loss) > 0.05)
    return left->loss > right->loss ? -1 : 1;
  return strcmp (left->name, right->name);
}

static GPtrArray *
sum_up_rooms (const GPtrArray *bots)
{
  GPtrArray *rooms = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) by_name = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < bots->len; i++) {
    const MbBotFigures *bot = g_ptr_array_index (bots, i);
    Sum *sum = g_hash_table_lookup (by_name, bot->room);

    if (sum == NULL) {
      sum = g_new0 (Sum, 1);
      sum->name = bot->room;
      sum->fps = (double) NAN;
      g_hash_table_insert (by_name, bot->room, sum);
      g_ptr_array_add (rooms, sum);
    }
    add_bot (sum, bot);
  }
  g_ptr_array_sort (rooms, compare_rooms);
  return rooms;
}

static void
append_row (GString *text, const char *row, unsigned int n_columns)
{
  g_autofree char *cut = g_utf8_substring (row, 0, MIN (g_utf8_strlen (row, -1), n_columns));

  g_string_append_printf (text, "%s\n", cut);
}

/**
 * mb_progress_make_table:
 * @n_rows: of rooms, at most
 * @n_columns: of the terminal; lines are cut there
 *
 * Returns: (transfer full): lines, each with its end: the whole, a head, a room each
 */
char *
mb_progress_make_table (
    const GPtrArray *bots, unsigned int n_wanted, unsigned int n_rows, unsigned int n_columns)
{
  g_autoptr (GPtrArray) rooms = sum_up_rooms (bots);
  g_autofree char *line = mb_progress_make_line (bots, n_wanted);
  GString *text = g_string_new (NULL);

  append_row (text, line, n_columns);
  append_row (
      text, "room              bots  peers  frames/s  kbit/s in     out   lost  errors", n_columns);
  for (guint i = 0; i < MIN (rooms->len, n_rows); i++) {
    const Sum *room = g_ptr_array_index (rooms, i);
    g_autofree char *fps = isnan (room->fps) ? g_strdup ("-") : g_strdup_printf ("%.1f", room->fps);
    g_autofree char *row = g_strdup_printf ("%-16.16s  %4u  %5u  %8s  %9.0f  %6.0f  %4.1f%%  %6u",
        room->name, room->n_joined, room->n_peers, fps, room->rx_kbps, room->tx_kbps, room->loss,
        room->n_errors);

    append_row (text, row, n_columns);
  }
  if (rooms->len > n_rows) {
    g_autofree char *more = g_strdup_printf ("… and %u rooms more", rooms->len - n_rows);

    append_row (text, more, n_columns);
  }
  return g_string_free (text, FALSE);
}

static void
clear_table (MbProgress *self)
{
  if (self->n_lines > 0)
    fprintf (stderr, UP, self->n_lines);
  self->n_lines = 0;
}

static void
draw_table (MbProgress *self, const GPtrArray *bots)
{
  struct winsize size = {.ws_row = 24, .ws_col = 80};
  g_autofree char *table = NULL;

  ioctl (STDERR_FILENO, TIOCGWINSZ, &size);
  if (size.ws_row < 6 || size.ws_col < 20)
    return;
  table = mb_progress_make_table (
      bots, self->n_wanted, MIN (ROWS_MAX, size.ws_row - 4U), size.ws_col - 1U);
  clear_table (self);
  fputs (table, stderr);
  fflush (stderr);
  for (const char *at = table; *at != '\0'; at++)
    self->n_lines += *at == '\n' ? 1 : 0;
}

static gboolean
on_time (gpointer user_data)
{
  MbProgress *self = user_data;
  g_autoptr (GPtrArray) bots = self->list (self->data);
  g_autofree char *line = NULL;

  if (self->is_terminal) {
    draw_table (self, bots);
    return G_SOURCE_CONTINUE;
  }
  line = mb_progress_make_line (bots, self->n_wanted);
  mb_log_say ("%s", line);
  return G_SOURCE_CONTINUE;
}

/**
 * mb_progress_new:
 * @list: asked for the bots whenever something is to be shown
 */
MbProgress *
mb_progress_new (unsigned int n_wanted, MbProgressFunc list, gpointer data)
{
  MbProgress *self = g_new0 (MbProgress, 1);
  const char *terminal = g_getenv ("TERM");

  self->n_wanted = n_wanted;
  self->list = list;
  self->data = data;
  self->is_terminal = isatty (STDERR_FILENO) && g_strcmp0 (terminal, "dumb") != 0;
  self->timer_id =
      g_timeout_add (self->is_terminal ? TABLE_INTERVAL_MS : LINE_INTERVAL_MS, on_time, self);
  return self;
}

/**
 * mb_progress_free:
 *
 * Takes the table from the terminal.
 */
void
mb_progress_free (MbProgress *self)
{
  g_source_remove (self->timer_id);
  clear_table (self);
  fflush (stderr);
  g_free (self);
}
