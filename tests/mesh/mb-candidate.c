/* mb-candidate.c: which addresses we send to, and how many candidates of a peer we look at
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-candidate.h"

#include <string.h>

#include "mb-error.h"

static MbCandidate *
parse_address (const char *address)
{
  g_autofree char *text = g_strdup_printf ("candidate:1 1 udp 1 %s 5000 typ host", address);
  g_autoptr (GError) error = NULL;
  MbCandidate *candidate = mb_candidate_parse (text, &error);

  g_assert_no_error (error);
  return candidate;
}

static void
test_chromium (void)
{
  g_autoptr (MbCandidate) candidate = mb_candidate_parse (
      "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 192.168.1.5 rport "
      "46154 generation 0 ufrag Ccah network-id 1 network-cost 10",
      NULL);
  g_autofree char *text = mb_candidate_to_text (candidate);

  g_assert_cmpstr (candidate->foundation, ==, "842163049");
  g_assert_cmpuint (candidate->component, ==, 1);
  g_assert_cmpuint (candidate->priority, ==, 1677729535);
  g_assert_cmpuint (candidate->port, ==, 46154);
  g_assert_cmpstr (candidate->type, ==, "srflx");
  g_assert_cmpstr (candidate->ufrag, ==, "Ccah");
  g_assert_cmpstr (text, ==,
      "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 192.168.1.5 rport "
      "46154");
}

static void
test_other_writers (void)
{
  static const char *const TEXTS[] = {
      "a=candidate:1 1 UDP 2130706431 192.0.2.1 40000 typ host",
      "candidate:1  1 UDP 2130706431 192.0.2.1 40000 typ host ",
      "candidate:0 1 UDP 2122187007 192.0.2.1 41285 typ host odd",
      "candidate:a+/ 1 Udp 0 2001:db8::1 1 typ relay raddr 0.0.0.0 rport 0",
  };

  for (unsigned int i = 0; i < G_N_ELEMENTS (TEXTS); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (MbCandidate) candidate = mb_candidate_parse (TEXTS[i], &error);

    g_assert_no_error (error);
    g_assert_cmpint (mb_candidate_judge (candidate, MB_CANDIDATE_POLICY_DEFAULT, &error), ==,
        MB_CANDIDATE_VERDICT_ACCEPTED);
  }
}

static void
test_malformed (void)
{
  static const char *const TEXTS[] = {
      "",
      "candidate:",
      "candidate:1 1 udp 1 192.0.2.1 5000 typ",
      "candidate: 1 udp 1 192.0.2.1 5000 typ host",
      "candidate:1 0 udp 1 192.0.2.1 5000 typ host",
      "candidate:1 257 udp 1 192.0.2.1 5000 typ host",
      "candidate:1 1 udp 4294967296 192.0.2.1 5000 typ host",
      "candidate:1 1 udp -1 192.0.2.1 5000 typ host",
      "candidate:1 1 udp 1 192.0.2.1 65536 typ host",
      "candidate:1 1 udp 1 192.0.2.1 0x50 typ host",
      "candidate:1 1 udp 1 192.0.2.1 5000 kind host",
      "candidate:1 1 udp 1 192.0.2.1 5000 typ best",
      "candidate:1 1 udp 1 <script> 5000 typ host",
      "candidate:1\" 1 udp 1 192.0.2.1 5000 typ host",
      "candidate:123456789012345678901234567890123 1 udp 1 192.0.2.1 5000 typ host",
      "candidate:1 1 udp 1 192.0.2.1 5000 typ host raddr \n rport 1",
      "candidate:1 1 udp 1 192.0.2.1 5000 typ host rport 70000",
  };

  for (unsigned int i = 0; i < G_N_ELEMENTS (TEXTS); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", TEXTS[i]);
    g_assert_null (mb_candidate_parse (TEXTS[i], &error));
    g_assert_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST);
  }
}

static void
test_length (void)
{
  g_autoptr (GString) text = g_string_new ("candidate:1 1 udp 1 192.0.2.1 5000 typ host ");
  g_autoptr (GError) error = NULL;
  g_autoptr (MbCandidate) longest = NULL;

  while (text->len < MB_CANDIDATE_MAX_LENGTH)
    g_string_append_c (text, 'x');
  longest = mb_candidate_parse (text->str, &error);
  g_assert_no_error (error);
  g_assert_nonnull (longest);
  g_string_append_c (text, 'x');
  g_assert_null (mb_candidate_parse (text->str, &error));
  g_assert_error (error, MB_ERROR, MB_ERROR_TOO_LARGE);
}

static void
test_addresses (void)
{
  static const struct {
    const char *address;
    MbCandidateVerdict verdict;
  } CASES[] = {
      {"8.8.8.8", MB_CANDIDATE_VERDICT_ACCEPTED},
      {"10.99.0.1", MB_CANDIDATE_VERDICT_ACCEPTED},
      {"172.16.0.1", MB_CANDIDATE_VERDICT_ACCEPTED},
      {"192.168.178.2", MB_CANDIDATE_VERDICT_ACCEPTED},
      {"100.64.0.1", MB_CANDIDATE_VERDICT_ACCEPTED},
      {"2001:db8::1", MB_CANDIDATE_VERDICT_ACCEPTED},
      {"fd00::2", MB_CANDIDATE_VERDICT_ACCEPTED},
      {"0.0.0.0", MB_CANDIDATE_VERDICT_REFUSED},
      {"0.1.2.3", MB_CANDIDATE_VERDICT_REFUSED},
      {"127.0.0.1", MB_CANDIDATE_VERDICT_REFUSED},
      {"127.255.255.254", MB_CANDIDATE_VERDICT_REFUSED},
      {"169.254.0.1", MB_CANDIDATE_VERDICT_REFUSED},
      {"169.254.169.254", MB_CANDIDATE_VERDICT_REFUSED},
      {"100.100.100.200", MB_CANDIDATE_VERDICT_REFUSED},
      {"192.0.0.192", MB_CANDIDATE_VERDICT_REFUSED},
      {"224.0.0.1", MB_CANDIDATE_VERDICT_REFUSED},
      {"239.255.255.250", MB_CANDIDATE_VERDICT_REFUSED},
      {"240.0.0.1", MB_CANDIDATE_VERDICT_REFUSED},
      {"255.255.255.255", MB_CANDIDATE_VERDICT_REFUSED},
      {"::", MB_CANDIDATE_VERDICT_REFUSED},
      {"::1", MB_CANDIDATE_VERDICT_REFUSED},
      {"::ffff:127.0.0.1", MB_CANDIDATE_VERDICT_REFUSED},
      {"::ffff:8.8.8.8", MB_CANDIDATE_VERDICT_REFUSED},
      {"::127.0.0.1", MB_CANDIDATE_VERDICT_REFUSED},
      {"64:ff9b::7f00:1", MB_CANDIDATE_VERDICT_REFUSED},
      {"2002:7f00:1::", MB_CANDIDATE_VERDICT_REFUSED},
      {"2001:0:7f00:1::1", MB_CANDIDATE_VERDICT_REFUSED},
      {"2001:db8::200:5efe:7f00:1", MB_CANDIDATE_VERDICT_REFUSED},
      {"fe80::1", MB_CANDIDATE_VERDICT_IGNORED},
      {"fe80::1%eth0", MB_CANDIDATE_VERDICT_REFUSED},
      {"ff02::1", MB_CANDIDATE_VERDICT_REFUSED},
      {"fd00:ec2::254", MB_CANDIDATE_VERDICT_REFUSED},
      {"2130706433", MB_CANDIDATE_VERDICT_REFUSED},
      {"127.1", MB_CANDIDATE_VERDICT_REFUSED},
      {"0x7f.0.0.1", MB_CANDIDATE_VERDICT_REFUSED},
      {"localhost", MB_CANDIDATE_VERDICT_REFUSED},
      {"internal.example", MB_CANDIDATE_VERDICT_REFUSED},
      {"5659492e-dec7-4fae-ba19-0bb927f1aecb.local", MB_CANDIDATE_VERDICT_IGNORED},
  };

  for (unsigned int i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autoptr (MbCandidate) candidate = parse_address (CASES[i].address);
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", CASES[i].address);
    g_assert_cmpint (
        mb_candidate_judge (candidate, MB_CANDIDATE_POLICY_DEFAULT, &error), ==, CASES[i].verdict);
    g_assert_cmpint (error != NULL, ==, CASES[i].verdict == MB_CANDIDATE_VERDICT_REFUSED);
  }
}

static void
test_policy (void)
{
  g_autoptr (MbCandidate) loopback = parse_address ("127.0.0.1");
  g_autoptr (MbCandidate) loopback6 = parse_address ("::1");
  g_autoptr (MbCandidate) mapped = parse_address ("::ffff:127.0.0.1");
  g_autoptr (MbCandidate) private = parse_address ("192.168.1.1");
  g_autoptr (MbCandidate) unique = parse_address ("fd12::1");

  g_assert_cmpint (mb_candidate_judge (loopback, MB_CANDIDATE_POLICY_LOOPBACK, NULL), ==,
      MB_CANDIDATE_VERDICT_ACCEPTED);
  g_assert_cmpint (mb_candidate_judge (loopback6, MB_CANDIDATE_POLICY_LOOPBACK, NULL), ==,
      MB_CANDIDATE_VERDICT_ACCEPTED);
  g_assert_cmpint (mb_candidate_judge (mapped, MB_CANDIDATE_POLICY_LOOPBACK, NULL), ==,
      MB_CANDIDATE_VERDICT_REFUSED);
  g_assert_cmpint (mb_candidate_judge (private, MB_CANDIDATE_POLICY_NO_PRIVATE, NULL), ==,
      MB_CANDIDATE_VERDICT_REFUSED);
  g_assert_cmpint (mb_candidate_judge (unique, MB_CANDIDATE_POLICY_NO_PRIVATE, NULL), ==,
      MB_CANDIDATE_VERDICT_REFUSED);
}

static void
test_of_no_use (void)
{
  static const char *const TEXTS[] = {
      "candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype active",
      "candidate:1 1 TCP 1 192.0.2.1 443 typ host",
      "candidate:1 1 TCP 1 127.0.0.1 22 typ host tcptype passive",
      "candidate:1 1 sctp 1 192.0.2.1 443 typ host",
      "candidate:0 2 UDP 1 192.0.2.1 41486 typ host",
  };

  for (unsigned int i = 0; i < G_N_ELEMENTS (TEXTS); i++) {
    g_autoptr (MbCandidate) candidate = mb_candidate_parse (TEXTS[i], NULL);

    g_assert_cmpint (mb_candidate_judge (candidate, MB_CANDIDATE_POLICY_DEFAULT, NULL), ==,
        MB_CANDIDATE_VERDICT_IGNORED);
  }
}

static void
test_ten_thousand (void)
{
  g_autoptr (MbCandidateQueue) queue = mb_candidate_queue_new (MB_CANDIDATE_POLICY_DEFAULT);
  unsigned int n_accepted = 0;

  for (unsigned int i = 0; i < 10000; i++) {
    g_autofree char *text =
        g_strdup_printf ("candidate:%u 1 udp 1 192.0.2.1 %u typ host", i, i + 1);
    g_autoptr (GError) error = NULL;
    MbCandidate *candidate = NULL;

    if (mb_candidate_queue_judge (queue, text, NULL, &candidate, &error) ==
        MB_CANDIDATE_VERDICT_ACCEPTED) {
      n_accepted++;
      mb_candidate_queue_push (queue, candidate);
    } else {
      g_assert_error (error, MB_ERROR, MB_ERROR_RATE_LIMITED);
    }
  }
  g_assert_cmpuint (n_accepted, ==, MB_CANDIDATE_MAX_PER_PEER);
}

static void
add (MbCandidateQueue *queue, const char *ufrag_in_text, const char *ufrag_beside)
{
  g_autofree char *text = g_strdup_printf ("candidate:1 1 udp 1 192.0.2.1 5000 typ host%s%s",
      ufrag_in_text != NULL ? " ufrag " : "", ufrag_in_text != NULL ? ufrag_in_text : "");
  MbCandidate *candidate = NULL;

  g_assert_cmpint (mb_candidate_queue_judge (queue, text, ufrag_beside, &candidate, NULL), ==,
      MB_CANDIDATE_VERDICT_ACCEPTED);
  mb_candidate_queue_push (queue, candidate);
}

static void
test_generations (void)
{
  g_autoptr (MbCandidateQueue) queue = mb_candidate_queue_new (MB_CANDIDATE_POLICY_DEFAULT);
  g_autoptr (GPtrArray) taken = NULL;
  g_autoptr (GPtrArray) rest = NULL;

  add (queue, "old", NULL);
  add (queue, "new", NULL);
  add (queue, NULL, "old");
  add (queue, NULL, "new");
  add (queue, NULL, NULL);
  add (queue, NULL, "");

  taken = mb_candidate_queue_take (queue, "new");
  rest = mb_candidate_queue_take (queue, "old");

  g_assert_cmpuint (taken->len, ==, 4);
  g_assert_cmpuint (rest->len, ==, 0);
}

static void
test_clear_and_restart (void)
{
  g_autoptr (MbCandidateQueue) queue = mb_candidate_queue_new (MB_CANDIDATE_POLICY_DEFAULT);
  g_autoptr (GPtrArray) taken = NULL;

  for (unsigned int i = 0; i < MB_CANDIDATE_MAX_PER_PEER; i++)
    add (queue, NULL, NULL);
  mb_candidate_queue_clear (queue);
  mb_candidate_queue_restart (queue);
  add (queue, NULL, NULL);
  taken = mb_candidate_queue_take (queue, NULL);
  g_assert_cmpuint (taken->len, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/candidate/only-what-is-understood-goes-on", test_chromium);
  g_test_add_func ("/candidate/other-writers", test_other_writers);
  g_test_add_func ("/candidate/malformed", test_malformed);
  g_test_add_func ("/candidate/limit/length", test_length);
  g_test_add_func ("/candidate/address-classes", test_addresses);
  g_test_add_func ("/candidate/policy", test_policy);
  g_test_add_func ("/candidate/of-no-use-is-ignored", test_of_no_use);
  g_test_add_func ("/candidate/queue/ten-thousand-cost-forty", test_ten_thousand);
  g_test_add_func ("/candidate/queue/other-generations-are-left-out", test_generations);
  g_test_add_func ("/candidate/queue/counts-anew-for-a-new-connection", test_clear_and_restart);
  return g_test_run ();
}
