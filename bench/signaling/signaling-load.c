/* signaling-load.c: loads a room server on loopback, and says in JSON what that took
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Phases: everybody connects (and joins); signals, or silence. The server's processor time and
 * memory are read from /proc around each. Every phase is bounded in time.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "load-member.h"

#define OPEN_LIMIT_S 60
#define DRAIN_S 5
/* A clock that is this far ahead of a server is held back. */
#define BEHIND_MAX 50000

typedef struct {
  double cpu_s;
  double rss_kib;
} Cost;

static char *mode;
static char *dialect;
static int port = 3000;
static int pid;
static int n_members = 400;
static int room_size = 4;
static int size = 1024;
static int window = 1;
static int ramp = 64;
static double rate;
static double seconds = 5;
static double warmup = 2;

static const GOptionEntry OPTIONS[] = {
    {"mode", 0, 0, G_OPTION_ARG_STRING, &mode,
        "signal (the default), storm (joins alone), hold (idle connections), flood", "MODE"},
    {"dialect", 0, 0, G_OPTION_ARG_STRING, &dialect, "sio (the default) or plain", "NAME"},
    {"port", 0, 0, G_OPTION_ARG_INT, &port, "the server's, on 127.0.0.1", "PORT"},
    {"pid", 0, 0, G_OPTION_ARG_INT, &pid, "the server, to measure what it takes", "PID"},
    {"members", 0, 0, G_OPTION_ARG_INT, &n_members, "how many connect", "N"},
    {"room", 0, 0, G_OPTION_ARG_INT, &room_size, "members of a room", "N"},
    {"size", 0, 0, G_OPTION_ARG_INT, &size, "bytes of a signal", "BYTES"},
    {"window", 0, 0, G_OPTION_ARG_INT, &window, "signals of each member under way", "N"},
    {"rate", 0, 0, G_OPTION_ARG_DOUBLE, &rate, "signals a second in all, by a clock", "N"},
    {"ramp", 0, 0, G_OPTION_ARG_INT, &ramp, "members that connect at a time", "N"},
    {"seconds", 0, 0, G_OPTION_ARG_DOUBLE, &seconds, "how long to measure, up to 600", "S"},
    {"warmup", 0, 0, G_OPTION_ARG_DOUBLE, &warmup, "how long to send before that", "S"},
    {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static Cost
read_cost (void)
{
  g_autofree char *stat_path = g_strdup_printf ("/proc/%d/stat", pid);
  g_autofree char *status_path = g_strdup_printf ("/proc/%d/status", pid);
  g_autofree char *stat = NULL;
  g_autofree char *status = NULL;
  g_auto (GStrv) fields = NULL;
  const char *rss = NULL;
  Cost cost = {0};

  if (pid == 0 || !g_file_get_contents (stat_path, &stat, NULL, NULL) ||
      !g_file_get_contents (status_path, &status, NULL, NULL))
    return cost;
  /* proc(5): the fields behind the name in parentheses; utime and stime are the 14th and 15th. */
  fields = g_strsplit (strrchr (stat, ')') + 2, " ", 0);
  cost.cpu_s = (g_ascii_strtod (fields[11], NULL) + g_ascii_strtod (fields[12], NULL)) /
               (double) sysconf (_SC_CLK_TCK);
  rss = strstr (status, "VmRSS:");
  if (rss != NULL)
    cost.rss_kib = g_ascii_strtod (rss + strlen ("VmRSS:"), NULL);
  return cost;
}

static gboolean
all_are_in (Load *load)
{
  if (load->n_ready + load->n_gone < load->n_members)
    return FALSE;
  return load->room_size == 0 || load->n_complete + load->n_gone >= load->n_members;
}

static void
open_all (Load *load)
{
  guint64 end_ns = load_now_ns () + (guint64) OPEN_LIMIT_S * 1000000000u;
  unsigned int next = 0;

  while (!all_are_in (load) && load_now_ns () < end_ns) {
    while (next < load->n_members && load->n_opening < (unsigned int) ramp)
      load_member_open (load, next++);
    load_turn (load, 20);
  }
  if (!all_are_in (load))
    g_printerr ("after %d s %u of %u are in, %u know their room, %u are gone\n", OPEN_LIMIT_S,
        load->n_ready, load->n_members, load->n_complete, load->n_gone);
}

static void
fill_all (Load *load)
{
  for (unsigned int i = 0; i < load->n_members; i++)
    load_member_fill (load_get_member (load, i));
}

/* At a rate, each signal is due at its own instant, whether the server keeps up or not. */
static void
send_by_clock (Load *load, guint64 begin_ns, guint64 end_ns)
{
  static unsigned int turn_of;
  guint64 n = 0;

  for (guint64 now_ns = begin_ns; now_ns < end_ns; now_ns = load_now_ns ()) {
    guint64 due = (guint64) ((double) (now_ns - begin_ns) / 1e9 * rate);

    for (; n < due; n++) {
      LoadMember *member = load_get_member (load, turn_of++ % load->n_members);

      if (load_member_can_signal (member) && load->n_sent - load->n_delivered < BEHIND_MAX)
        load_member_signal (member, begin_ns + (guint64) ((double) n / rate * 1e9));
    }
    load_turn (load, 1);
  }
}

static void
send_for (Load *load, double duration_s)
{
  guint64 begin_ns = load_now_ns ();
  guint64 end_ns = begin_ns + (guint64) (duration_s * 1e9);

  load->sending = TRUE;
  if (rate > 0) {
    send_by_clock (load, begin_ns, end_ns);
  } else {
    fill_all (load);
    while (load_now_ns () < end_ns)
      load_turn (load, 10);
  }
  load->sending = FALSE;
  end_ns = load_now_ns () + (guint64) DRAIN_S * 1000000000u;
  while (!load->flooding && load->n_delivered < load->n_sent && load_now_ns () < end_ns)
    load_turn (load, 10);
}

static void
wait_for (Load *load, double duration_s)
{
  guint64 end_ns = load_now_ns () + (guint64) (duration_s * 1e9);

  while (load_now_ns () < end_ns)
    load_turn (load, 100);
}

static gboolean
check_options (void)
{
  return (strcmp (mode, "signal") == 0 || strcmp (mode, "storm") == 0 ||
             strcmp (mode, "hold") == 0 || strcmp (mode, "flood") == 0) &&
         (strcmp (dialect, "sio") == 0 || strcmp (dialect, "plain") == 0) && n_members > 0 &&
         room_size > 1 && room_size <= LOAD_ROOM_MAX && n_members % room_size == 0 &&
         size <= 60000 && seconds <= 600 && warmup <= 60;
}

static void
report (Load *load, double open_s, double open_cpu_s, double rss_kib, double send_s, double cpu_s)
{
  g_print ("{\"mode\":\"%s\",\"dialect\":\"%s\",\"members\":%u,\"ready\":%u,\"gone\":%u,"
           "\"openSeconds\":%.4f,\"openCpuSeconds\":%.3f,\"rssKiB\":%.0f,"
           "\"joinP50Ms\":%.3f,\"joinP99Ms\":%.3f,"
           "\"signals\":%" G_GUINT64_FORMAT ",\"seconds\":%.3f,\"cpuSeconds\":%.3f,"
           "\"p50Ms\":%.3f,\"p99Ms\":%.3f,\"lost\":%" G_GUINT64_FORMAT
           ",\"outOfOrder\":%" G_GUINT64_FORMAT ",\"altered\":%" G_GUINT64_FORMAT
           ",\"misunderstood\":%" G_GUINT64_FORMAT "}\n",
      mode, dialect, load->n_members, load->n_ready, load->n_gone, open_s, open_cpu_s, rss_kib,
      histogram_get_ms (&load->join, 0.5), histogram_get_ms (&load->join, 0.99), load->latency.n,
      send_s, cpu_s, histogram_get_ms (&load->latency, 0.5),
      histogram_get_ms (&load->latency, 0.99),
      load->flooding ? 0 : load->n_sent - load->n_delivered, load->n_out_of_order, load->n_altered,
      load->n_misunderstood);
}

static void
run (Load *load)
{
  gboolean sends = strcmp (mode, "signal") == 0 || load->flooding;
  Cost before = read_cost ();
  guint64 began_ns = load_now_ns ();
  Cost opened;
  Cost after;
  double open_s = 0;

  open_all (load);
  open_s = (double) (load_now_ns () - began_ns) / 1e9;
  opened = read_cost ();
  if (load->flooding) {
    g_print ("ready\n");
    fflush (stdout);
  } else if (sends) {
    send_for (load, warmup);
    memset (&load->latency, 0, sizeof load->latency);
  }
  began_ns = load_now_ns ();
  after = read_cost ();
  if (sends)
    send_for (load, seconds);
  else if (strcmp (mode, "hold") == 0)
    wait_for (load, seconds);
  report (load, open_s, opened.cpu_s - before.cpu_s, opened.rss_kib - before.rss_kib,
      (double) (load_now_ns () - began_ns) / 1e9, read_cost ().cpu_s - after.cpu_s);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("- load a room server on loopback");
  g_autoptr (GError) error = NULL;
  struct rlimit limit;
  Load load = {0};
  gboolean whole = FALSE;

  g_option_context_add_main_entries (context, OPTIONS, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("%s\n", error->message);
    return 2;
  }
  mode = mode == NULL ? g_strdup ("signal") : mode;
  dialect = dialect == NULL ? g_strdup ("sio") : dialect;
  if (!check_options ()) {
    g_printerr ("these options do not go together; see --help\n");
    return 2;
  }
  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
  load.dialect = strcmp (dialect, "sio") == 0 ? LOAD_SIO : LOAD_PLAIN;
  load.port = (guint16) port;
  load.room_size = strcmp (mode, "hold") == 0 ? 0 : (unsigned int) room_size;
  load.window = rate > 0 ? 0 : (unsigned int) window;
  load.flooding = strcmp (mode, "flood") == 0;
  load_init (&load, (unsigned int) n_members, (unsigned int) size);
  run (&load);
  whole = load.n_gone == 0 && load.n_misunderstood == 0 && load.n_altered == 0 &&
          load.n_out_of_order == 0 && (load.flooding || load.n_sent == load.n_delivered);
  load_clear (&load);
  g_free (mode);
  g_free (dialect);
  return whole ? 0 : 1;
}
