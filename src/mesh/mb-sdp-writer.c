/* mb-sdp-writer.c: description → text
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The order of lines is the one of JSEP's examples (RFC 8829, section 7): every browser knows it.
 */
#include "mb-sdp.h"

static void
write_transport (GString *text, const MbSdpTransport *transport)
{
  const char *setup = mb_sdp_setup_to_string (transport->setup);

  if (transport->ice_ufrag != NULL)
    g_string_append_printf (text, "a=ice-ufrag:%s\r\n", transport->ice_ufrag);
  if (transport->ice_pwd != NULL)
    g_string_append_printf (text, "a=ice-pwd:%s\r\n", transport->ice_pwd);
  if (transport->ice_options != NULL)
    g_string_append_printf (text, "a=ice-options:%s\r\n", transport->ice_options);
  if (transport->fingerprint.value != NULL)
    g_string_append_printf (text, "a=fingerprint:%s %s\r\n", transport->fingerprint.algorithm,
        transport->fingerprint.value);
  if (setup != NULL)
    g_string_append_printf (text, "a=setup:%s\r\n", setup);
}

static void
write_feedback (GString *text, const MbSdpCodec *codec)
{
  static const struct {
    MbSdpFeedback feedback;
    const char *value;
  } VALUES[] = {
      {MB_SDP_FEEDBACK_GOOG_REMB, "goog-remb"},
      {MB_SDP_FEEDBACK_TRANSPORT_CC, "transport-cc"},
      {MB_SDP_FEEDBACK_CCM_FIR, "ccm fir"},
      {MB_SDP_FEEDBACK_NACK, "nack"},
      {MB_SDP_FEEDBACK_NACK_PLI, "nack pli"},
  };

  for (unsigned int i = 0; i < G_N_ELEMENTS (VALUES); i++) {
    if (codec->feedback & VALUES[i].feedback)
      g_string_append_printf (text, "a=rtcp-fb:%u %s\r\n", codec->payload_type, VALUES[i].value);
  }
}

static void
write_codec (GString *text, const MbSdpCodec *codec)
{
  g_string_append_printf (
      text, "a=rtpmap:%u %s/%u", codec->payload_type, codec->name, codec->clock_rate);
  if (codec->channels > 0)
    g_string_append_printf (text, "/%u", codec->channels);
  g_string_append (text, "\r\n");
  write_feedback (text, codec);
  if (codec->fmtp != NULL)
    g_string_append_printf (text, "a=fmtp:%u %s\r\n", codec->payload_type, codec->fmtp);
}

static void
write_ssrc (GString *text, const MbSdpSsrc *ssrc)
{
  if (ssrc->cname != NULL)
    g_string_append_printf (text, "a=ssrc:%u cname:%s\r\n", ssrc->ssrc, ssrc->cname);
  if (ssrc->stream_id != NULL && ssrc->track_id != NULL)
    g_string_append_printf (
        text, "a=ssrc:%u msid:%s %s\r\n", ssrc->ssrc, ssrc->stream_id, ssrc->track_id);
}

static const char *
direction_to_string (MbSdpDirection direction)
{
  switch (direction) {
  case MB_SDP_DIRECTION_SENDRECV:
    return "sendrecv";
  case MB_SDP_DIRECTION_SENDONLY:
    return "sendonly";
  case MB_SDP_DIRECTION_RECVONLY:
    return "recvonly";
  case MB_SDP_DIRECTION_INACTIVE:
    break;
  }
  return "inactive";
}

static void
write_media_line (GString *text, const MbSdpSection *section)
{
  g_string_append_printf (text, "m=%s %u %s", section->media, section->port, section->protocol);
  if (section->kind == MB_SDP_KIND_APPLICATION)
    g_string_append (text, " webrtc-datachannel");
  for (unsigned int i = 0; i < section->codecs->len; i++) {
    const MbSdpCodec *codec = section->codecs->pdata[i];

    g_string_append_printf (text, " %u", codec->payload_type);
  }
  /* The grammar wants a format; a section that was never ours to read has none. */
  if (section->codecs->len == 0 && section->kind != MB_SDP_KIND_APPLICATION)
    g_string_append (text, " 0");
  g_string_append (text, "\r\nc=IN IP4 0.0.0.0\r\n");
}

static void
write_rtp (GString *text, const MbSdpSection *section)
{
  for (unsigned int i = 0; i < section->extensions->len; i++) {
    const MbSdpExtension *extension = section->extensions->pdata[i];

    g_string_append_printf (text, "a=extmap:%u %s\r\n", extension->id, extension->uri);
  }
  g_string_append_printf (text, "a=%s\r\n", direction_to_string (section->direction));
  if (section->stream_id != NULL && section->track_id != NULL)
    g_string_append_printf (text, "a=msid:%s %s\r\n", section->stream_id, section->track_id);
  if (section->content != NULL)
    g_string_append_printf (text, "a=content:%s\r\n", section->content);
  if (section->has_rtcp_mux)
    g_string_append (text, "a=rtcp-mux\r\n");
  if (section->has_rtcp_rsize)
    g_string_append (text, "a=rtcp-rsize\r\n");
  for (unsigned int i = 0; i < section->codecs->len; i++)
    write_codec (text, section->codecs->pdata[i]);
  for (unsigned int i = 0; i < section->rids->len; i++) {
    const MbSdpRid *rid = section->rids->pdata[i];

    g_string_append_printf (text, "a=rid:%s %s\r\n", rid->id, rid->is_send ? "send" : "recv");
  }
  if (section->simulcast != NULL)
    g_string_append_printf (text, "a=simulcast:%s\r\n", section->simulcast);
  for (unsigned int i = 0; i < section->ssrcs->len; i++)
    write_ssrc (text, section->ssrcs->pdata[i]);
  for (unsigned int i = 0; i < section->ssrcs->len; i++) {
    const MbSdpSsrc *ssrc = section->ssrcs->pdata[i];

    if (ssrc->repairs != 0)
      g_string_append_printf (text, "a=ssrc-group:FID %u %u\r\n", ssrc->repairs, ssrc->ssrc);
  }
}

static void
write_sctp (GString *text, const MbSdpSection *section)
{
  if (section->sctp_port > 0)
    g_string_append_printf (text, "a=sctp-port:%u\r\n", section->sctp_port);
  if (section->max_message_size > 0)
    g_string_append_printf (
        text, "a=max-message-size:%" G_GUINT64_FORMAT "\r\n", section->max_message_size);
}

static void
write_section (GString *text, const MbSdpSection *section)
{
  gboolean is_rtp = section->kind == MB_SDP_KIND_AUDIO || section->kind == MB_SDP_KIND_VIDEO;

  write_media_line (text, section);
  if (is_rtp && !section->is_rejected)
    g_string_append (text, "a=rtcp:9 IN IP4 0.0.0.0\r\n");
  for (unsigned int i = 0; i < section->candidates->len; i++)
    g_string_append_printf (text, "a=%s\r\n", (const char *) section->candidates->pdata[i]);
  if (section->has_end_of_candidates)
    g_string_append (text, "a=end-of-candidates\r\n");
  write_transport (text, &section->transport);
  if (section->mid != NULL)
    g_string_append_printf (text, "a=mid:%s\r\n", section->mid);
  if (section->is_bundle_only)
    g_string_append (text, "a=bundle-only\r\n");
  if (is_rtp)
    write_rtp (text, section);
  else if (section->kind == MB_SDP_KIND_APPLICATION)
    write_sctp (text, section);
}

/**
 * mb_sdp_to_text:
 * @self: a description
 *
 * Returns: (transfer full): its text, with CRLF
 */
char *
mb_sdp_to_text (const MbSdp *self)
{
  GString *text = g_string_new ("v=0\r\n");

  g_string_append_printf (text, "o=- %s %" G_GUINT64_FORMAT " IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n",
      self->session_id, self->session_version);
  if (self->has_group) {
    g_string_append (text, "a=group:BUNDLE");
    for (unsigned int i = 0; i < self->bundle->len; i++)
      g_string_append_printf (text, " %s", (const char *) self->bundle->pdata[i]);
    g_string_append (text, "\r\n");
  }
  if (self->msid_semantic != NULL)
    g_string_append_printf (text, "a=msid-semantic:%s\r\n", self->msid_semantic);
  if (self->is_ice_lite)
    g_string_append (text, "a=ice-lite\r\n");
  write_transport (text, &self->transport);
  for (unsigned int i = 0; i < self->sections->len; i++)
    write_section (text, self->sections->pdata[i]);
  return g_string_free (text, FALSE);
}
