/* mb-options.c: the command line means what the contract says, and a wrong one gets one good line
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-options.h"

#include <glib/gstdio.h>
#include <string.h>

#include "mb-error.h"

static MbOptions *
parse (const char *line, char **environment, GError **error)
{
  g_auto (GStrv) argv = NULL;
  g_autofree char *whole = g_strconcat ("meshbot ", line, NULL);

  g_assert_true (g_shell_parse_argv (whole, NULL, &argv, NULL));
  return mb_options_new ((const char *const *) argv, environment, error);
}

static MbOptions *
parse_good (const char *line)
{
  g_autoptr (GError) error = NULL;
  MbOptions *options = parse (line, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (options);
  return options;
}

static void
test_defaults (void)
{
  g_autoptr (MbOptions) options = parse_good ("");

  g_assert_cmpint (options->action, ==, MB_OPTIONS_RUN);
  g_assert_null (options->server_url);
  g_assert_cmpstr (options->listen_address, ==, "127.0.0.1");
  g_assert_cmpuint (options->listen_port, ==, 3000);
  g_assert_true (g_str_has_suffix (options->store_path, "/meshbot/rooms.db"));
  g_assert_true (options->rate_limit);
  g_assert_null (options->room);
  g_assert_cmpstr (options->name, ==, "meshbot");
  g_assert_cmpuint (g_strv_length (options->sources), ==, 0);
  g_assert_cmpstr (options->codecs[0], ==, "vp8");
  g_assert_cmpstr (options->codecs[1], ==, "h264");
  g_assert_cmpstr (options->codecs[2], ==, "vp9");
  g_assert_cmpuint (options->bitrate_kbps, ==, 1500);
  g_assert_cmpuint (options->width, ==, 1280);
  g_assert_cmpuint (options->height, ==, 720);
  g_assert_cmpuint (options->fps, ==, 30);
  g_assert_cmpuint (options->count, ==, 1);
  g_assert_cmpuint (options->rooms, ==, 1);
  g_assert_cmpint (options->duration_ms, ==, 0);
  g_assert_null (options->token);
}

static void
test_everything (void)
{
  g_autoptr (MbOptions) options = parse_good (
      "-r 'load-{r}' -n 'Zo\xc3\xab {n}' -s videotestsrc --codec h264,vp8 --bitrate 800 "
      "--size 640x360 --fps 15 --record ./archive --split 500MB --min-free off --quota 50GB --room-quota 500kB --write-buffer 16MB --metrics-file r.prom --corrupt-frames keep --audio-only --on-finish 'a b' --idle 60s --count 3 --rooms 10 --rate 5 --duration 90s "
      "--ice-server stun:a --ice-server turn:u:p@b --token abc --server https://meet.example "
      "--log-level info --log-format json");

  g_assert_cmpstr (options->room, ==, "load-{r}");
  g_assert_cmpstr (options->name, ==, "Zo\xc3\xab {n}");
  g_assert_cmpstr (options->sources[0], ==, "videotestsrc");
  g_assert_cmpstr (options->codecs[0], ==, "h264");
  g_assert_cmpuint (options->bitrate_kbps, ==, 800);
  g_assert_cmpuint (options->width, ==, 640);
  g_assert_cmpuint (options->height, ==, 360);
  g_assert_cmpuint (options->fps, ==, 15);
  g_assert_cmpstr (options->record_dir, ==, "./archive");
  g_assert_cmpint (options->split_ms, ==, 0);
  g_assert_cmpuint (options->split_bytes, ==, 500000000);
  g_assert_cmpuint (options->min_free_bytes, ==, MB_OPTIONS_NO_FLOOR);
  g_assert_cmpuint (options->quota_bytes, ==, 50000000000);
  g_assert_cmpuint (options->room_quota_bytes, ==, 500000);
  g_assert_cmpuint (options->write_buffer_bytes, ==, 16000000);
  g_assert_cmpstr (options->metrics_file, ==, "r.prom");
  g_assert_true (options->keeps_corrupt);
  g_assert_true (options->audio_only);
  g_assert_cmpstr (options->on_finish, ==, "a b");
  g_assert_cmpint (options->idle_ms, ==, 60000);
  g_assert_cmpuint (options->count, ==, 3);
  g_assert_cmpuint (options->rooms, ==, 10);
  g_assert_cmpuint (options->rate, ==, 5);
  g_assert_cmpint (options->duration_ms, ==, 90000);
  g_assert_cmpuint (g_strv_length (options->ice_servers), ==, 2);
  g_assert_cmpstr (options->token, ==, "abc");
  g_assert_cmpstr (options->server_url, ==, "https://meet.example");
  g_assert_cmpint (options->log_level, ==, G_LOG_LEVEL_INFO);
  g_assert_cmpint (options->log_format, ==, MB_LOG_FORMAT_JSON);
}

static void
test_hosting (void)
{
  g_autoptr (MbOptions) options = parse_good (
      "--listen '[::1]:0' --store :memory: --allow-origin https://a.example --allow-origin '*' "
      "--rate-limit off --max-rooms 7 --max-members 3");

  g_assert_cmpuint (options->max_rooms, ==, 7);
  g_assert_cmpuint (options->max_members, ==, 3);
  g_assert_cmpstr (options->listen_address, ==, "::1");
  g_assert_cmpuint (options->listen_port, ==, 0);
  g_assert_cmpstr (options->store_path, ==, ":memory:");
  g_assert_cmpuint (g_strv_length (options->allow_origins), ==, 2);
  g_assert_false (options->rate_limit);
}

static void
test_wrong (void)
{
  static const struct {
    const char *line;
    const char *says;
  } ROWS[] = {
      {"--sorce x", "did you mean --source?"},
      {"--sorce=x", "did you mean --source?"},
      {"--quality high", "unknown option --quality; meshbot --help lists them"},
      {"-x", "unknown option -x"},
      {"--version=3", "takes no value"},
      {"room1", "unexpected argument 'room1'"},
      {"--room", "--room needs a value"},
      {"--trusted-proxy 10.0.0.0/33", "--trusted-proxy: '10.0.0.0/33' is no address"},
      {"--max-connections-per-address 0", "--max-connections-per-address: "},
      {"--max-connections none", "--max-connections: "},
      {"--ice-stun turn:a", "--ice-stun: 'turn:a' is no STUN server"},
      {"--ice-turn turn:u:p@a", "--ice-turn: 'turn:u:p@a' is no TURN server"},
      {"--ice-turn turn:a", "--ice-turn needs --ice-turn-secret-file"},
      {"--ice-ttl 59s", "--ice-ttl: '59s' is not between 1m and 24h"},
      {"--auth-mode maybe", "--auth-mode: 'maybe' is neither none nor jwt"},
      {"--auth-mode jwt", "--auth-mode jwt needs one of --auth-secret-file"},
      {"--auth-mode jwt --auth-secret-file /dev/null --auth-jwks /dev/null", "jwt needs one of"},
      {"--auth-secret-file /dev/null", "--auth-secret-file means nothing without --auth-mode jwt"},
      {"--auth-mode jwt --auth-secret-file /no/such", "--auth-secret-file: /no/such: No such file"},
      {"--auth-mode none --auth-issuer a", "--auth-issuer means nothing without"},
      {"--room x --server http://a --auth-mode jwt", "--auth-mode is about hosting"},
      {"--room x --split 10m", "--split needs --record DIR"},
      {"--room x --audio-only", "--audio-only needs --record DIR"},
      {"--room x --min-free 1GB", "--min-free needs --record DIR"},
      {"--room x --record a --min-free 1", "'1' is no size; write a number and kB, MB or GB"},
      {"--room x --record a --write-buffer 99kB", "'99kB' is not between 100kB and 1GB"},
      {"--room x --record a --corrupt-frames mend", "'mend' is neither drop nor keep"},
      {"--room x --record a --metrics-file m.txt", "'m.txt' does not end in .prom"},
      {"--room x --record a --split 10", "'10' is no length of a file"},
      {"--idle 60s", "--idle needs --room"},
      {"--room x --on-finish true", "--on-finish needs --record DIR"},
      {"--room x --record a --on-finish=", "--on-finish: the command is missing"},
      {"--room x --relay", "--relay is not available in this version"},
      {"--room x --set pattern", "--set: 'pattern' is no parameter"},
      {"--room x --expect 'peers => 3'", "--expect: between metric and value stands one of"},
      {"--room x --expect 'fps >= 3'", "--expect: there is no metric 'fps'"},
      {"--room x --report r.html", "--report: 'r.html' ends in neither .json nor .xml"},
      {"--room x --measure all", "--measure: 'all' is none of packets, frames, pixels"},
      {"--expect 'peers >= 3'", "--expect needs --room"},
      {"--room x --ice-policy some", "--ice-policy: 'some' is neither all nor relay"},
      {"--room 'a b'", "--room: 'a b' is no room's id"},
      {"--room ''", "--room: '' is no room's id"},
      {"--source videotestsrc", "--source needs --room"},
      {"--server http://a", "--server needs --room"},
      {"--room x --server a:3000", "did you mean http://a:3000"},
      {"--room x --server http://a --listen 3000", "--listen is about hosting"},
      {"--room x --codec vp7", "--codec: unknown codec 'vp7'"},
      {"--room x --source a --source b --source c", "given twice"},
      {"--room x --size 640", "--size: '640' is no size"},
      {"--room x --fps 0", "--fps: '0' is no whole number from 1 to 120"},
      {"--room x --fps 121", "from 1 to 120"},
      {"--room x --bitrate 1.5", "--bitrate: '1.5'"},
      {"--room x --count 0", "--count: '0'"},
      {"--room x --rooms 2", "--rooms needs {r} in --room"},
      {"--room x --duration 10", "--duration: '10' is no duration"},
      {"--room x --ice-server foo", "--ice-server: 'foo'"},
      {"--room x --token a --token-file /dev/null", "--token"},
      {"--room x --token-file /nonexistent", "--token-file: "},
      {"--listen 99999", "--listen: "},
      {"--listen nowhere:port", "--listen: "},
      {"--allow-origin app.example", "--allow-origin: "},
      {"--rate-limit 5", "--rate-limit: '5' is neither on nor off"},
      {"--max-rooms 0", "--max-rooms: "},
      {"--max-members many", "--max-members: "},
      {"--log-level loud", "error, warning, notice, info, debug"},
      {"--log-format xml", "neither text nor json"},
      {"--config /nonexistent.conf", "/nonexistent.conf: "},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (MbOptions) options = parse (ROWS[i].line, NULL, &error);

    g_test_message ("%s: %s", ROWS[i].line, error != NULL ? error->message : "no error");
    g_assert_null (options);
    g_assert_error (error, MB_ERROR, MB_ERROR_USAGE);
    g_assert_nonnull (strstr (error->message, ROWS[i].says));
    g_assert_null (strchr (error->message, '\n'));
  }
}

static void
test_help_and_version (void)
{
  g_autoptr (MbOptions) help = parse_good ("--help --server http://a");
  g_autoptr (MbOptions) version = parse_good ("--version");
  g_autofree char *text = mb_options_get_help ();

  g_assert_cmpint (help->action, ==, MB_OPTIONS_HELP);
  g_assert_cmpint (version->action, ==, MB_OPTIONS_VERSION);
  g_assert_nonnull (strstr (text, "-r, --room ID"));
  g_assert_nonnull (strstr (text, "--duration TIME"));
  g_assert_null (strstr (text, "--relay"));
}

static char *
write_file (const char *text)
{
  g_autoptr (GError) error = NULL;
  char *path = NULL;
  int fd = g_file_open_tmp ("meshbot-test-XXXXXX", &path, &error);

  g_assert_no_error (error);
  g_close (fd, NULL);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  return path;
}

static void
test_file (void)
{
  g_autofree char *path = write_file ("[meshbot]\n"
                                      "room=blue\n"
                                      "fps=15\n"
                                      "ice-server=stun:a;stun:b\n"
                                      "server=https://meet.example\n");
  g_autofree char *line = g_strdup_printf ("--fps 20 --config %s --ice-server stun:c", path);
  g_autoptr (MbOptions) options = parse_good (line);

  g_assert_cmpstr (options->room, ==, "blue");
  g_assert_cmpuint (options->fps, ==, 20);
  g_assert_cmpuint (g_strv_length (options->ice_servers), ==, 1);
  g_assert_cmpstr (options->ice_servers[0], ==, "stun:c");
  g_assert_cmpstr (options->server_url, ==, "https://meet.example");
  g_unlink (path);
}

static void
test_wrong_files (void)
{
  static const struct {
    const char *text;
    const char *says;
  } ROWS[] = {
      {"[meshbot]\nrom=x\n", "[meshbot] rom: no such key; did you mean room?"},
      {"[meshbot]\nfps=fast\n", "[meshbot] fps: 'fast' is no whole number"},
      {"[meshbot]\nconfig=other\n", "[meshbot] config: no such key"},
      {"[meshbot]\nrelay=true\n", "relay is not available in this version"},
      {"[server]\n", "no section [server] is known"},
      {"fps=15\n", "does not start with a group"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    g_autofree char *path = write_file (ROWS[i].text);
    g_autofree char *line = g_strdup_printf ("--room x --config %s", path);
    g_autoptr (GError) error = NULL;
    g_autoptr (MbOptions) options = parse (line, NULL, &error);

    g_assert_null (options);
    g_assert_error (error, MB_ERROR, MB_ERROR_USAGE);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, ROWS[i].says));
    g_assert_true (g_str_has_prefix (error->message, path));
    g_unlink (path);
  }
}

static void
test_token_variable (void)
{
  char *environment[] = {"MESHBOT_TOKEN=from-variable", "STATE_DIRECTORY=/var/lib/meshbot", NULL};
  g_autoptr (MbOptions) fallback = parse ("--room x", environment, NULL);
  g_autoptr (MbOptions) given = parse ("--room x --token given", environment, NULL);

  g_assert_cmpstr (fallback->token, ==, "from-variable");
  g_assert_cmpstr (given->token, ==, "given");
  g_assert_cmpstr (fallback->store_path, ==, "/var/lib/meshbot/rooms.db");
}

static void
test_worker (void)
{
  g_autoptr (MbOptions) options = parse_good (
      "--listen 0 --store :memory: --rate-limit off --allow-origin '*' --token secret -r x "
      "--name 'Bob -- {n}' --source videotestsrc --ice-server stun:a --duration 10s "
      "--log-level debug");
  g_auto (GStrv) argv = mb_options_to_worker (options, "meshbot", "http://127.0.0.1:4", 5000);
  g_autofree char *line = g_strjoinv ("|", argv);
  g_autoptr (GError) error = NULL;
  g_autoptr (MbOptions) worker = mb_options_new ((const char *const *) argv, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (line, ==,
      "meshbot|--server|http://127.0.0.1:4|--duration=5000ms|--room=x|--name=Bob -- {n}|"
      "--source=videotestsrc|--ice-server=stun:a|--log-level=debug");
  g_assert_cmpstr (worker->name, ==, "Bob -- {n}");
  g_assert_null (worker->token);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/options/defaults-are-the-contract's", test_defaults);
  g_test_add_func ("/options/everything-can-be-given", test_everything);
  g_test_add_func ("/options/hosting-can-be-told", test_hosting);
  g_test_add_func ("/options/wrong-ones-get-one-line", test_wrong);
  g_test_add_func ("/options/help-and-version", test_help_and_version);
  g_test_add_func ("/options/file-is-read-and-the-command-line-wins", test_file);
  g_test_add_func ("/options/wrong-file-is-named-with-its-key", test_wrong_files);
  g_test_add_func ("/options/token-may-come-by-the-environment", test_token_variable);
  g_test_add_func ("/options/worker-is-told-its-part-and-no-secret", test_worker);
  return g_test_run ();
}
