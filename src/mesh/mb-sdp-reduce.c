/* mb-sdp-reduce.c: what the transport gets to see of a peer's description
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Made from the parsed value: no line of the peer's reaches the transport that we did not understand.
 */
#include "mb-sdp-reduce.h"

#include "mb-error.h"

#define DEFAULT_SCTP_PORT 5000
#define DEFAULT_MAX_MESSAGE_SIZE_BYTES 65536 /* RFC 8841: what it means where nothing is said */

/* Candidates of every section are for the one transport; their section does not matter. */
static void
collect_candidates (const MbSdp *remote, MbCandidatePolicy policy, MbSdpSection *target)
{
  g_autoptr (MbCandidateQueue) queue = mb_candidate_queue_new (policy);

  for (unsigned int i = 0; i < remote->sections->len; i++) {
    const MbSdpSection *section = remote->sections->pdata[i];

    for (unsigned int k = 0; k < section->candidates->len; k++) {
      g_autoptr (MbCandidate) candidate = NULL;

      if (mb_candidate_queue_judge (queue, section->candidates->pdata[k], NULL, &candidate, NULL) ==
          MB_CANDIDATE_VERDICT_ACCEPTED)
        g_ptr_array_add (target->candidates, mb_candidate_to_text (candidate));
    }
  }
}

/* A name that no section of the peer's has. */
static char *
make_up_mid (const MbSdp *remote)
{
  for (unsigned int i = 0;; i++) {
    g_autofree char *mid = g_strdup_printf ("data%u", i);

    if (mb_sdp_find_mid (remote, mid) == NULL)
      return g_steal_pointer (&mid);
  }
}

/**
 * mb_sdp_reduce:
 * @remote: a peer's description that passed the guard
 * @policy: which candidates of it may stay
 *
 * One bundled m=application section, always on port 9 (a bundle-only one has 0), with the transport
 * that all sections share. Where the peer has no data channels, the section is made up.
 *
 * Errors: MB_ERROR_BAD_REQUEST if the description says nothing of a transport.
 *
 * Returns: (transfer full) (nullable): a description's text
 */
char *
mb_sdp_reduce (const MbSdp *remote, MbCandidatePolicy policy, GError **error)
{
  const MbSdpSection *application = mb_sdp_find_application (remote);
  g_autoptr (MbSdpTransport) transport = mb_sdp_dup_transport (remote);
  g_autoptr (MbSdp) reduced = mb_sdp_new ();
  MbSdpSection *section = mb_sdp_section_new (MB_SDP_KIND_APPLICATION);

  g_ptr_array_add (reduced->sections, section);
  if (transport->ice_ufrag == NULL || transport->ice_pwd == NULL ||
      transport->fingerprint.value == NULL) {
    g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "the description names no transport");
    return NULL;
  }
  if (transport->setup == MB_SDP_SETUP_NONE)
    transport->setup = MB_SDP_SETUP_ACTPASS;
  mb_sdp_transport_copy_into (transport, &section->transport);
  section->mid = application != NULL ? g_strdup (application->mid) : make_up_mid (remote);
  section->sctp_port = application != NULL && application->sctp_port != 0 ? application->sctp_port
                                                                          : DEFAULT_SCTP_PORT;
  section->max_message_size = application != NULL && application->max_message_size != 0
                                  ? application->max_message_size
                                  : DEFAULT_MAX_MESSAGE_SIZE_BYTES;
  collect_candidates (remote, policy, section);
  reduced->session_id = g_strdup (remote->session_id);
  reduced->session_version = remote->session_version;
  reduced->has_group = TRUE;
  g_ptr_array_add (reduced->bundle, g_strdup (section->mid));
  return mb_sdp_to_text (reduced);
}
