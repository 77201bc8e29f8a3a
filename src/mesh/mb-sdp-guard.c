/* mb-sdp-guard.c: what is refused before anything parses it further
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * There is one transport for all sections, and it is shut until the peer's certificate has matched:
 * so what is not fully bundled, or has no fingerprint to check against, does not come in.
 */
#include "mb-sdp-guard.h"

#include <string.h>

#include "mb-error.h"

enum {
  MAX_TOKEN = 64,
  MAX_SESSION_ID = 32,
  MAX_ICE = 256,
  MIN_UFRAG = 4,
  MIN_PWD = 22
};

static gboolean refuse (GError **error, MbError code, const char *format, ...) G_GNUC_PRINTF (3, 4);

static gboolean
refuse (GError **error, MbError code, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (MB_ERROR, (int) code, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* ---- the text ---- */

/**
 * mb_sdp_guard_check_text:
 * @text: what a peer sent
 * @length: its length in bytes; -1 if it ends with a NUL
 *
 * Sizes and characters: 64 KiB, 4096 lines, 4096 bytes a line, 32 m-lines; UTF-8 without control
 * characters but line ends and tabs.
 *
 * Errors: MB_ERROR_TOO_LARGE, MB_ERROR_BAD_REQUEST.
 *
 * Returns: whether it may be parsed
 */
gboolean
mb_sdp_guard_check_text (const char *text, gssize length, GError **error)
{
  gsize size = length < 0 ? strlen (text) : (gsize) length;
  unsigned int n_sections = 0;
  unsigned int n_lines = 0;
  gsize start = 0;

  if (size > MB_SDP_GUARD_MAX_SIZE_BYTES)
    return refuse (error, MB_ERROR_TOO_LARGE, "the description is larger than %d bytes",
        MB_SDP_GUARD_MAX_SIZE_BYTES);
  if (!g_utf8_validate_len (text, size, NULL))
    return refuse (error, MB_ERROR_BAD_REQUEST, "the description is not UTF-8 text");
  for (gsize i = 0; i <= size; i++) {
    gboolean is_end = i == size || text[i] == '\n';

    if (!is_end && text[i] == '\r' && i + 1 < size && text[i + 1] == '\n')
      continue;
    if (!is_end && (unsigned char) text[i] < ' ' && text[i] != '\t')
      return refuse (error, MB_ERROR_BAD_REQUEST, "the description has a control character");
    if (!is_end)
      continue;
    if (i - start > MB_SDP_GUARD_MAX_LINE_BYTES || ++n_lines > MB_SDP_GUARD_MAX_LINES)
      return refuse (error, MB_ERROR_TOO_LARGE, "the description has %s",
          n_lines > MB_SDP_GUARD_MAX_LINES ? "too many lines" : "a line that is too long");
    if (i - start > 2 && text[start] == 'm' && text[start + 1] == '=' &&
        ++n_sections > MB_SDP_GUARD_MAX_SECTIONS)
      return refuse (error, MB_ERROR_TOO_LARGE, "the description has more than %d m= lines",
          MB_SDP_GUARD_MAX_SECTIONS);
    start = i + 1;
  }
  return TRUE;
}

/* ---- the value ---- */

/* RFC 8866 token characters; they need no quoting anywhere that we repeat them. */
static gboolean
is_token (const char *text, gsize max)
{
  gsize length = text != NULL ? strlen (text) : 0;

  if (length == 0 || length > max)
    return FALSE;
  for (gsize i = 0; i < length; i++) {
    if (!g_ascii_isalnum (text[i]) && strchr ("!#$%&'*+-.^_`{|}~", text[i]) == NULL)
      return FALSE;
  }
  return TRUE;
}

/* RFC 8839 ice-char; some stacks put other printable characters in, which do no harm in a line. */
static gboolean
is_ice_text (const char *text, gsize min)
{
  gsize length = text != NULL ? strlen (text) : 0;

  if (length < min || length > MAX_ICE)
    return FALSE;
  for (gsize i = 0; i < length; i++) {
    if (!g_ascii_isgraph (text[i]))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_fingerprint (const MbSdpFingerprint *fingerprint)
{
  static const struct {
    const char *algorithm;
    gsize size_bytes;
  } STRONG[] = {{"sha-256", 32}, {"sha-384", 48}, {"sha-512", 64}};
  const char *value = fingerprint->value;
  gsize size_bytes = 0;

  for (unsigned int i = 0; i < G_N_ELEMENTS (STRONG); i++) {
    if (g_strcmp0 (fingerprint->algorithm, STRONG[i].algorithm) == 0)
      size_bytes = STRONG[i].size_bytes;
  }
  if (size_bytes == 0 || value == NULL || strlen (value) != size_bytes * 3 - 1)
    return FALSE;
  for (gsize i = 0; value[i] != '\0'; i++) {
    if (i % 3 == 2 ? value[i] != ':' : !g_ascii_isxdigit (value[i]))
      return FALSE;
  }
  return TRUE;
}

static gboolean
check_section (const MbSdp *sdp, const MbSdpSection *section, unsigned int index,
    gboolean is_only_one, GError **error)
{
  const MbSdpFingerprint *fingerprint = &section->transport.fingerprint;

  if (section->mid == NULL && section->is_rejected)
    return TRUE;
  if (!is_token (section->mid, MAX_TOKEN))
    return refuse (error, MB_ERROR_BAD_REQUEST,
        "section %u of the description has no mid, or one that is not a token", index);
  if (mb_sdp_find_mid (sdp, section->mid) != section)
    return refuse (
        error, MB_ERROR_BAD_REQUEST, "the description has the mid %s twice", section->mid);
  if (section->is_rejected)
    return TRUE;
  if (!mb_sdp_is_bundled (sdp, section) && (sdp->has_group || !is_only_one))
    return refuse (error, MB_ERROR_UNSUPPORTED,
        "section %s of the description is not bundled; only BUNDLE of all sections is taken",
        section->mid);
  if (fingerprint->value != NULL && !is_fingerprint (fingerprint))
    return refuse (error, MB_ERROR_SECURITY,
        "section %s of the description has no fingerprint of sha-256 or better", section->mid);
  return TRUE;
}

/* One transport has one certificate: two different digests of a hash cannot both be its. */
static gboolean
check_fingerprints (const MbSdp *sdp, const MbSdpFingerprint *expected, GError **error)
{
  for (unsigned int i = 0; i < sdp->sections->len; i++) {
    const MbSdpSection *section = sdp->sections->pdata[i];
    const MbSdpFingerprint *fingerprint = &section->transport.fingerprint;

    if (!section->is_rejected && fingerprint->value != NULL &&
        (!g_str_equal (fingerprint->algorithm, expected->algorithm) ||
            !g_str_equal (fingerprint->value, expected->value)))
      return refuse (
          error, MB_ERROR_SECURITY, "the description has different fingerprints for one transport");
  }
  return TRUE;
}

static gboolean
check_transport (const MbSdp *sdp, MbSdpType type, GError **error)
{
  g_autoptr (MbSdpTransport) transport = mb_sdp_dup_transport (sdp);

  if (!is_fingerprint (&transport->fingerprint))
    return refuse (
        error, MB_ERROR_SECURITY, "the description has no fingerprint of sha-256 or better");
  if (!is_ice_text (transport->ice_ufrag, MIN_UFRAG) || !is_ice_text (transport->ice_pwd, MIN_PWD))
    return refuse (error, MB_ERROR_BAD_REQUEST,
        "the description has no ICE user name and password, or malformed ones");
  if (type == MB_SDP_TYPE_ANSWER &&
      (transport->setup == MB_SDP_SETUP_ACTPASS || transport->setup == MB_SDP_SETUP_NONE))
    return refuse (error, MB_ERROR_BAD_REQUEST, "the answer leaves the DTLS role open");
  return check_fingerprints (sdp, &transport->fingerprint, error);
}

static unsigned int
count_live (const MbSdp *sdp)
{
  unsigned int n_live = 0;

  for (unsigned int i = 0; i < sdp->sections->len; i++) {
    const MbSdpSection *section = sdp->sections->pdata[i];

    n_live += section->is_rejected ? 0 : 1;
  }
  return n_live;
}

/**
 * mb_sdp_guard_check:
 * @sdp: a peer's description
 * @type: what it was sent as
 *
 * Every section has a unique mid, every live one is bundled into one transport (or is the only
 * one), and that has ICE credentials and a fingerprint of sha-256 or better. Whether there are data
 * channels, mb_sdp_find_application () tells.
 *
 * Errors: MB_ERROR_BAD_REQUEST, MB_ERROR_UNSUPPORTED, MB_ERROR_SECURITY, MB_ERROR_TOO_LARGE.
 *
 * Returns: whether it may be used
 */
gboolean
mb_sdp_guard_check (const MbSdp *sdp, MbSdpType type, GError **error)
{
  unsigned int n_live = count_live (sdp);

  if (!is_token (sdp->session_id, MAX_SESSION_ID))
    return refuse (error, MB_ERROR_BAD_REQUEST, "the description's session id is malformed");
  if (sdp->sections->len > MB_SDP_GUARD_MAX_SECTIONS)
    return refuse (error, MB_ERROR_TOO_LARGE, "the description has more than %d m= lines",
        MB_SDP_GUARD_MAX_SECTIONS);
  if (n_live == 0)
    return refuse (error, MB_ERROR_BAD_REQUEST, "the description has no section in use");
  for (unsigned int i = 0; i < sdp->sections->len; i++) {
    if (!check_section (sdp, sdp->sections->pdata[i], i, n_live == 1, error))
      return FALSE;
  }
  return check_transport (sdp, type, error);
}

/**
 * mb_sdp_guard_parse:
 * @text: what a peer sent
 * @length: its length in bytes; -1 if it ends with a NUL
 * @type: what it was sent as
 *
 * The one door for descriptions: checked as text, parsed, checked as a value.
 *
 * Returns: (transfer full) (nullable)
 */
MbSdp *
mb_sdp_guard_parse (const char *text, gssize length, MbSdpType type, GError **error)
{
  gsize size = length < 0 ? strlen (text) : (gsize) length;
  g_autofree char *copy = NULL;
  g_autoptr (MbSdp) sdp = NULL;

  if (!mb_sdp_guard_check_text (text, (gssize) size, error))
    return NULL;
  copy = g_strndup (text, size);
  sdp = mb_sdp_parse (copy, error);
  if (sdp == NULL || !mb_sdp_guard_check (sdp, type, error))
    return NULL;
  return g_steal_pointer (&sdp);
}
