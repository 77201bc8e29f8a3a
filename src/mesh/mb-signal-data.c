/* mb-signal-data.c: what peers put into the data of a signal
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Other people's apps send what RTCSessionDescription and RTCIceCandidate serialise to, bare or
 * wrapped once or twice: {"description": …}, {"sdp": {…}}, {"offer": {…}}, {"signal": {…}},
 * {"candidate": {…}}, {"ice": {…}}, {"type": "candidate", "candidate": …}. The wrappings are taken
 * off until one of the two is left.
 */
#include "mb-signal-data.h"

#include <string.h>

#include "mb-error.h"
#include "mb-json-scan.h"
#include "mb-sdp-guard.h"

enum {
  MAX_WRAPPINGS = 4,
  MAX_CANDIDATE_BYTES = 1024,
  MAX_MID_BYTES = 256
};

/* The members that tell the shapes apart. */
enum {
  MEMBER_TYPE,
  MEMBER_SDP,
  MEMBER_CANDIDATE,
  MEMBER_ICE,
  MEMBER_ICE_CANDIDATE,
  MEMBER_DESCRIPTION,
  MEMBER_SIGNAL,
  MEMBER_OFFER,
  MEMBER_ANSWER,
  N_MEMBERS,
};
static const char *const MEMBERS[N_MEMBERS] = {
    "type",
    "sdp",
    "candidate",
    "ice",
    "iceCandidate",
    "description",
    "signal",
    "offer",
    "answer",
};

void
mb_signal_data_free (MbSignalData *self)
{
  g_free (self->sdp);
  g_free (self->candidate);
  g_free (self->mid);
  g_free (self->ufrag);
  g_free (self);
}

static MbSignalData *
new_data (MbSignalDataKind kind)
{
  MbSignalData *self = g_new0 (MbSignalData, 1);

  self->kind = kind;
  self->mline_index = -1;
  return self;
}

/* ---- descriptions ---- */

static gboolean
read_type (MbJsonSpan span, MbSdpType *type)
{
  static const MbSdpType TYPES[] = {MB_SDP_TYPE_OFFER, MB_SDP_TYPE_ANSWER, MB_SDP_TYPE_ROLLBACK};

  for (unsigned int i = 0; i < G_N_ELEMENTS (TYPES); i++) {
    if (mb_json_span_equals (span, mb_sdp_type_to_string (TYPES[i]))) {
      *type = TYPES[i];
      return TRUE;
    }
  }
  return FALSE;
}

static MbSignalData *
read_description (MbJsonSpan type, MbJsonSpan sdp, GError **error)
{
  g_autoptr (MbSignalData) self = new_data (MB_SIGNAL_DATA_DESCRIPTION);

  if (!read_type (type, &self->type)) {
    g_set_error (error, MB_ERROR,
        mb_json_span_equals (type, "pranswer") ? MB_ERROR_UNSUPPORTED : MB_ERROR_BAD_REQUEST,
        "the description's type is not offer, answer or rollback");
    return NULL;
  }
  if (self->type == MB_SDP_TYPE_ROLLBACK)
    return g_steal_pointer (&self);
  self->sdp = mb_json_span_dup_string (sdp, "sdp", MB_SDP_GUARD_MAX_SIZE_BYTES, error);
  return self->sdp != NULL ? g_steal_pointer (&self) : NULL;
}

/* ---- candidates ---- */

/* What is missing or of another type is as good as not said. */
static char *
dup_optional (MbJsonSpan span, const char *field)
{
  return mb_json_span_get_kind (span) == MB_JSON_STRING
             ? mb_json_span_dup_string (span, field, MAX_MID_BYTES, NULL)
             : NULL;
}

/* @candidate: a string; @object: what it stands in, with its mid beside it */
static MbSignalData *
read_candidate (MbJsonSpan candidate, MbJsonSpan object, GError **error)
{
  static const char *const NAMES[] = {"sdpMid", "id", "sdpMLineIndex", "label", "usernameFragment"};
  MbJsonSpan values[G_N_ELEMENTS (NAMES)];
  g_autoptr (MbSignalData) self = new_data (MB_SIGNAL_DATA_CANDIDATE);
  gint64 index;

  self->candidate = mb_json_span_dup_string (candidate, "candidate", MAX_CANDIDATE_BYTES, error);
  if (self->candidate == NULL)
    return NULL;
  if (*self->candidate == '\0') {
    self->kind = MB_SIGNAL_DATA_END_OF_CANDIDATES;
    return g_steal_pointer (&self);
  }
  (void) mb_json_find_many (object, NAMES, values, G_N_ELEMENTS (NAMES));
  self->mid = dup_optional (values[0], NAMES[0]);
  if (self->mid == NULL)
    self->mid = dup_optional (values[1], NAMES[1]);
  self->ufrag = dup_optional (values[4], NAMES[4]);
  if (mb_json_span_read_integer (values[2], NAMES[2], 0, G_MAXINT16, &index, NULL) ||
      mb_json_span_read_integer (values[3], NAMES[3], 0, G_MAXINT16, &index, NULL))
    self->mline_index = (int) index;
  return g_steal_pointer (&self);
}

/* ---- shapes ---- */

static gboolean
is_object (MbJsonSpan span)
{
  return mb_json_span_get_kind (span) == MB_JSON_OBJECT;
}

/* Returns: whether there was a wrapping; then @inner is what it held */
static gboolean
unwrap (const MbJsonSpan *members, MbJsonSpan *inner)
{
  static const unsigned int WRAPPINGS[] = {MEMBER_DESCRIPTION, MEMBER_SIGNAL, MEMBER_SDP,
      MEMBER_OFFER, MEMBER_ANSWER, MEMBER_CANDIDATE, MEMBER_ICE, MEMBER_ICE_CANDIDATE};

  for (unsigned int i = 0; i < G_N_ELEMENTS (WRAPPINGS); i++) {
    if (is_object (members[WRAPPINGS[i]])) {
      *inner = members[WRAPPINGS[i]];
      return TRUE;
    }
  }
  return FALSE;
}

static gboolean
is_end (const MbJsonSpan *members)
{
  return mb_json_span_is_null (members[MEMBER_CANDIDATE]) ||
         mb_json_span_is_null (members[MEMBER_ICE]) ||
         mb_json_span_is_null (members[MEMBER_ICE_CANDIDATE]);
}

static MbSignalData *
read_bare (const MbJsonSpan *members, MbJsonSpan object, GError **error)
{
  MbSdpType type;

  if (members[MEMBER_SDP].text != NULL || read_type (members[MEMBER_TYPE], &type))
    return read_description (members[MEMBER_TYPE], members[MEMBER_SDP], error);
  if (mb_json_span_get_kind (members[MEMBER_CANDIDATE]) == MB_JSON_STRING)
    return read_candidate (members[MEMBER_CANDIDATE], object, error);
  if (mb_json_span_get_kind (members[MEMBER_ICE]) == MB_JSON_STRING)
    return read_candidate (members[MEMBER_ICE], object, error);
  if (is_end (members))
    return new_data (MB_SIGNAL_DATA_END_OF_CANDIDATES);
  g_set_error (
      error, MB_ERROR, MB_ERROR_BAD_REQUEST, "the signal is neither a description nor a candidate");
  return NULL;
}

/* From the outermost object. What is wrapped in yet another way is answered as by the contract. */
static MbSignalShape
find_shape (const MbJsonSpan *members)
{
  gboolean has_type = mb_json_span_get_kind (members[MEMBER_TYPE]) == MB_JSON_STRING;

  if (is_object (members[MEMBER_SDP]) || is_object (members[MEMBER_ICE]))
    return MB_SIGNAL_SHAPE_SDP_ICE;
  if (has_type && (is_object (members[MEMBER_CANDIDATE]) ||
                      mb_json_span_get_kind (members[MEMBER_SDP]) == MB_JSON_STRING))
    return MB_SIGNAL_SHAPE_BARE;
  if (mb_json_span_get_kind (members[MEMBER_CANDIDATE]) == MB_JSON_STRING)
    return MB_SIGNAL_SHAPE_PLAIN;
  return MB_SIGNAL_SHAPE_NAMED;
}

/**
 * mb_signal_data_parse:
 * @json: the `data` of a signal
 * @length: its length in bytes
 *
 * Errors: MB_ERROR_BAD_REQUEST if it is none of the shapes that we know, MB_ERROR_UNSUPPORTED for a
 *   provisional answer. The description itself is still to pass the guard.
 *
 * Returns: (transfer full) (nullable)
 */
MbSignalData *
mb_signal_data_parse (const char *json, gssize length, GError **error)
{
  g_autoptr (MbSignalData) self = NULL;
  MbSignalShape shape = MB_SIGNAL_SHAPE_NAMED;
  MbJsonSpan object;
  MbJsonSpan members[N_MEMBERS];

  if (!mb_json_scan (
          json, length < 0 ? strlen (json) : (gsize) length, MB_JSON_DEPTH, &object, error)) {
    g_prefix_error (error, "the signal ");
    return NULL;
  }
  if (!is_object (object)) {
    g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "the signal is not an object");
    return NULL;
  }
  for (unsigned int i = 0; i < MAX_WRAPPINGS; i++) {
    (void) mb_json_find_many (object, MEMBERS, members, N_MEMBERS);
    if (i == 0)
      shape = find_shape (members);
    if (unwrap (members, &object))
      continue;
    self = read_bare (members, object, error);
    if (self != NULL)
      self->shape = shape;
    return g_steal_pointer (&self);
  }
  g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "the signal is wrapped too often");
  return NULL;
}

/**
 * mb_signal_data_build_description:
 * @shape: as the peer writes its own
 *
 * Returns: (transfer full): {"description": {"type", "sdp"}}, or what the shape makes of it
 */
char *
mb_signal_data_build_description (MbSignalShape shape, MbSdpType type, const char *sdp)
{
  static const char *const BEFORE[] = {"{\"description\":", "", "{\"sdp\":", ""};
  gboolean is_wrapped = *BEFORE[shape] != '\0';
  GString *json = g_string_new (BEFORE[shape]);

  g_string_append (json, "{\"type\":");
  mb_json_append_string (json, mb_sdp_type_to_string (type));
  g_string_append (json, ",\"sdp\":");
  mb_json_append_string (json, sdp);
  g_string_append (json, is_wrapped ? "}}" : "}");
  return g_string_free (json, FALSE);
}

/**
 * mb_signal_data_build_candidate:
 * @shape: as the peer writes its own
 * @candidate: "candidate:…"
 * @mid: (nullable): the section that it is for
 * @mline_index: that section's place
 * @ufrag: (nullable): our ICE user name, which tells the peer the generation
 *
 * Returns: (transfer full): {"candidate": {"candidate", "sdpMid", "sdpMLineIndex",
 *   "usernameFragment"}}, or what the shape makes of it
 */
char *
mb_signal_data_build_candidate (MbSignalShape shape, const char *candidate, const char *mid,
    unsigned int mline_index, const char *ufrag)
{
  static const char *const BEFORE[] = {
      "{\"candidate\":", "{\"type\":\"candidate\",\"candidate\":", "{\"ice\":", ""};
  gboolean is_wrapped = *BEFORE[shape] != '\0';
  GString *json = g_string_new (BEFORE[shape]);

  g_string_append (json, "{\"candidate\":");
  mb_json_append_string (json, candidate);
  if (mid != NULL) {
    g_string_append (json, ",\"sdpMid\":");
    mb_json_append_string (json, mid);
  }
  g_string_append_printf (json, ",\"sdpMLineIndex\":%u", mline_index);
  if (ufrag != NULL) {
    g_string_append (json, ",\"usernameFragment\":");
    mb_json_append_string (json, ufrag);
  }
  g_string_append (json, is_wrapped ? "}}" : "}");
  return g_string_free (json, FALSE);
}
