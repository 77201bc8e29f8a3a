/* mb-sdp.h: a session description as a value
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text in, value out, and back. What is not named here is dropped by the parser: nothing that a
 * peer wrote reaches another part of the program but through these fields. Pure; any thread.
 */
#pragma once

#include <glib.h>

#define MB_SDP_URI_MID "urn:ietf:params:rtp-hdrext:sdes:mid"
#define MB_SDP_URI_AUDIO_LEVEL "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
#define MB_SDP_URI_RID "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
#define MB_SDP_URI_REPAIRED_RID "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
#define MB_SDP_URI_ABS_SEND_TIME "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
#define MB_SDP_URI_TRANSPORT_CC \
  "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

typedef enum {
  MB_SDP_TYPE_OFFER,
  MB_SDP_TYPE_ANSWER,
  MB_SDP_TYPE_ROLLBACK,
} MbSdpType;

typedef enum {
  MB_SDP_KIND_OTHER,
  MB_SDP_KIND_AUDIO,
  MB_SDP_KIND_VIDEO,
  MB_SDP_KIND_APPLICATION,
} MbSdpKind;

/* Bits, seen from the one whose description it is. */
typedef enum {
  MB_SDP_DIRECTION_INACTIVE = 0,
  MB_SDP_DIRECTION_SENDONLY = 1 << 0,
  MB_SDP_DIRECTION_RECVONLY = 1 << 1,
  MB_SDP_DIRECTION_SENDRECV = MB_SDP_DIRECTION_SENDONLY | MB_SDP_DIRECTION_RECVONLY,
} MbSdpDirection;

/* The DTLS role (RFC 4145, RFC 8842): the active one sends the ClientHello. */
typedef enum {
  MB_SDP_SETUP_NONE,
  MB_SDP_SETUP_ACTPASS,
  MB_SDP_SETUP_ACTIVE,
  MB_SDP_SETUP_PASSIVE,
} MbSdpSetup;

typedef enum {
  MB_SDP_FEEDBACK_NACK = 1 << 0,
  MB_SDP_FEEDBACK_NACK_PLI = 1 << 1,
  MB_SDP_FEEDBACK_CCM_FIR = 1 << 2,
  MB_SDP_FEEDBACK_TRANSPORT_CC = 1 << 3,
  MB_SDP_FEEDBACK_GOOG_REMB = 1 << 4,
} MbSdpFeedback;

typedef struct {
  unsigned int payload_type;
  char *name; /* the encoding name as it was written: "VP8", "opus" */
  unsigned int clock_rate;
  unsigned int channels; /* 0 means not said */
  char *fmtp;            /* (nullable) parameters, without the payload type */
  unsigned int feedback; /* MbSdpFeedback */
  int apt;               /* for RTX: the payload type that it repeats; else -1 */
} MbSdpCodec;

typedef struct {
  guint32 ssrc;
  guint32
      repairs; /* the SSRC whose packets this one repeats or mends (FID, FEC-FR); 0 means none */
  char *cname; /* (nullable) */
  char *stream_id; /* (nullable) */
  char *track_id;  /* (nullable) */
} MbSdpSsrc;

typedef struct {
  unsigned int id;
  char *uri;
} MbSdpExtension;

typedef struct {
  char *id;
  gboolean is_send;
} MbSdpRid;

/* A certificate's digest; algorithm in lower case ("sha-256"), value in upper case with colons. */
typedef struct {
  char *algorithm; /* (nullable) */
  char *value;     /* (nullable) */
} MbSdpFingerprint;

/* What a transport is made from; in the session part it is the fallback of every section. */
typedef struct {
  char *ice_ufrag;   /* (nullable) */
  char *ice_pwd;     /* (nullable) */
  char *ice_options; /* (nullable) */
  MbSdpFingerprint fingerprint;
  MbSdpSetup setup;
} MbSdpTransport;

typedef struct {
  MbSdpKind kind;
  char *media;    /* the first word of the m-line */
  char *protocol; /* "UDP/TLS/RTP/SAVPF" */
  unsigned int port;
  gboolean is_bundle_only;
  gboolean is_rejected; /* port 0, and not because of bundle-only */
  char *mid;            /* (nullable) */
  MbSdpDirection direction;
  MbSdpTransport transport;
  gboolean has_rtcp_mux;
  gboolean has_rtcp_rsize;
  GPtrArray *codecs;     /* (element-type MbSdpCodec) in the m-line's order */
  GPtrArray *ssrcs;      /* (element-type MbSdpSsrc) */
  GPtrArray *extensions; /* (element-type MbSdpExtension) */
  GPtrArray *rids;       /* (element-type MbSdpRid) */
  char *simulcast;       /* (nullable) the attribute's value */
  char *stream_id;       /* (nullable) of a=msid; "-" means a track of no stream */
  char *track_id;        /* (nullable) */
  char *content;         /* (nullable) RFC 4796: "slides", "main" */
  GPtrArray *candidates; /* (element-type utf8) "candidate:..." */
  gboolean has_end_of_candidates;
  unsigned int sctp_port;   /* 0 means not said */
  guint64 max_message_size; /* bytes; 0 means not said */
} MbSdpSection;

typedef struct {
  char *session_id;
  guint64 session_version;
  gboolean has_group;  /* there is an a=group:BUNDLE */
  GPtrArray *bundle;   /* (element-type utf8) mids of the BUNDLE group */
  char *msid_semantic; /* (nullable) */
  gboolean is_ice_lite;
  MbSdpTransport transport;
  GPtrArray *sections; /* (element-type MbSdpSection) */
} MbSdp;

MbSdp *mb_sdp_new (void);
MbSdp *mb_sdp_parse (const char *text, GError **error);
char *mb_sdp_to_text (const MbSdp *self);
void mb_sdp_free (MbSdp *self);
MbSdpSection *mb_sdp_get_section (const MbSdp *self, unsigned int index);
MbSdpSection *mb_sdp_find_mid (const MbSdp *self, const char *mid);
MbSdpSection *mb_sdp_find_application (const MbSdp *self);
gboolean mb_sdp_is_bundled (const MbSdp *self, const MbSdpSection *section);
MbSdpTransport *mb_sdp_dup_transport (const MbSdp *self);

MbSdpSection *mb_sdp_section_new (MbSdpKind kind);
MbSdpSection *mb_sdp_section_copy (const MbSdpSection *self);
void mb_sdp_section_free (MbSdpSection *self);
unsigned int mb_sdp_section_get_extension (const MbSdpSection *self, const char *uri);
const MbSdpCodec *mb_sdp_section_find_rtx (const MbSdpSection *self, unsigned int payload_type);
MbSdpSsrc *mb_sdp_section_find_ssrc (const MbSdpSection *self, guint32 ssrc);
MbSdpCodec *mb_sdp_section_add_codec (MbSdpSection *self, unsigned int payload_type,
    const char *name, unsigned int clock_rate, unsigned int channels);
void mb_sdp_section_add_extension (MbSdpSection *self, unsigned int id, const char *uri);
MbSdpSsrc *mb_sdp_section_add_ssrc (MbSdpSection *self, guint32 ssrc);

void mb_sdp_transport_copy_into (const MbSdpTransport *self, MbSdpTransport *target);
void mb_sdp_transport_clear (MbSdpTransport *self);
void mb_sdp_transport_free (MbSdpTransport *self);

MbSdpDirection mb_sdp_direction_mirror (MbSdpDirection direction);
const char *mb_sdp_kind_to_string (MbSdpKind kind);
const char *mb_sdp_type_to_string (MbSdpType type);
const char *mb_sdp_setup_to_string (MbSdpSetup setup);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbSdp, mb_sdp_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbSdpSection, mb_sdp_section_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbSdpTransport, mb_sdp_transport_free)
