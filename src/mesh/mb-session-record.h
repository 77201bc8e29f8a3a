/* mb-session-record.h: what session.json and events.jsonl say of a recorded session
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

#include "mb-recorded-track.h"

/**
 * MbRecordedFile:
 * @location: its final path, in the session's folder
 * @participant: whose it is
 * @is_screen: a shared screen, not a camera
 * @zero_us: real time of its time zero; 0 before anything is in it
 * @duration_ms: of what is in it, once it is closed
 * @bytes: likewise
 * @error: (nullable): why it ended, where it did by itself
 * @is_closed: it has its final name; with @error it is still a `.part`
 * @tracks: (element-type MbRecordedTrack)
 */
typedef struct {
  char *location;
  char *participant;
  gboolean is_screen;
  gint64 zero_us;
  gint64 duration_ms;
  guint64 bytes;
  char *error;
  gboolean is_closed;
  GPtrArray *tracks;
  /*< private >*/
  char *sha256;
} MbRecordedFile;

#define MB_TYPE_SESSION_RECORD (mb_session_record_get_type ())
G_DECLARE_FINAL_TYPE (MbSessionRecord, mb_session_record, MB, SESSION_RECORD, GObject)

MbSessionRecord *mb_session_record_new (
    const char *folder, const char *room_id, const char *server, const char *recorder);
void mb_session_record_set_pending (MbSessionRecord *self);
void mb_session_record_set_return (MbSessionRecord *self, unsigned int return_ms);
void mb_session_record_add_participant (
    MbSessionRecord *self, const char *id, const char *display_name);
void mb_session_record_remove_participant (
    MbSessionRecord *self, const char *id, gboolean has_dropped);
void mb_session_record_rename_participant (
    MbSessionRecord *self, const char *id, const char *new_id);
MbRecordedFile *mb_session_record_add_file (
    MbSessionRecord *self, const char *location, const char *participant, gboolean is_screen);
void mb_session_record_file_opened (MbSessionRecord *self, MbRecordedFile *file);
void mb_session_record_file_closed (MbSessionRecord *self, MbRecordedFile *file);
void mb_session_record_drop_file (MbSessionRecord *self, MbRecordedFile *file);
void mb_session_record_take_message (
    MbSessionRecord *self, const char *participant, const char *text);
void mb_session_record_note (
    MbSessionRecord *self, const char *event, const char *participant, const char *members);
void mb_session_record_finish (MbSessionRecord *self);
