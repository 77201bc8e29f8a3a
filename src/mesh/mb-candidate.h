/* mb-candidate.h: one ICE candidate of a peer: what it says, and whether we want to send to it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure: no name is ever looked up. Any thread.
 */
#pragma once

#include <glib.h>

#define MB_CANDIDATE_MAX_LENGTH 512
#define MB_CANDIDATE_MAX_PER_PEER 40

typedef struct {
  char *foundation;
  unsigned int component;
  char *protocol; /* lower case */
  guint32 priority;
  char *address;
  guint16 port;
  char *type;            /* "host", "srflx", "prflx", "relay" */
  char *related_address; /* (nullable) */
  guint16 related_port;
  char *ufrag; /* (nullable) the ICE generation that it belongs to */
} MbCandidate;

/* Zero is the policy of a daemon: private networks yes, loopback no. */
typedef enum {
  MB_CANDIDATE_POLICY_DEFAULT = 0,
  MB_CANDIDATE_POLICY_LOOPBACK = 1 << 0,
  MB_CANDIDATE_POLICY_NO_PRIVATE = 1 << 1,
} MbCandidatePolicy;

typedef enum {
  MB_CANDIDATE_VERDICT_REFUSED, /* an error says why */
  MB_CANDIDATE_VERDICT_IGNORED, /* harmless and of no use: TCP, mDNS names, the RTCP component */
  MB_CANDIDATE_VERDICT_ACCEPTED,
} MbCandidateVerdict;

MbCandidate *mb_candidate_parse (const char *text, GError **error);
void mb_candidate_free (MbCandidate *self);
char *mb_candidate_to_text (const MbCandidate *self);
MbCandidateVerdict mb_candidate_judge (
    const MbCandidate *self, MbCandidatePolicy policy, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbCandidate, mb_candidate_free)

/* The candidates of one peer: judged, counted, and kept until its description is known. */
typedef struct _MbCandidateQueue MbCandidateQueue;

MbCandidateQueue *mb_candidate_queue_new (MbCandidatePolicy policy);
void mb_candidate_queue_free (MbCandidateQueue *self);
void mb_candidate_queue_clear (MbCandidateQueue *self);
void mb_candidate_queue_restart (MbCandidateQueue *self);
MbCandidateVerdict mb_candidate_queue_judge (MbCandidateQueue *self, const char *text,
    const char *ufrag, MbCandidate **candidate, GError **error);
void mb_candidate_queue_push (MbCandidateQueue *self, MbCandidate *candidate);
GPtrArray *mb_candidate_queue_take (MbCandidateQueue *self, const char *remote_ufrag);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbCandidateQueue, mb_candidate_queue_free)
