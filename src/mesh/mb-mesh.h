/* mb-mesh.h: one room seen by a participant
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

#include "mb-media.h"
#include "mb-message.h"
#include "mb-recording.h"
#include "mb-source.h"
#include "mb-space.h"

/**
 * MbMeshConfig:
 * @server_url: the signaling server, `http(s)://…` or `ws(s)://…/ws`
 * @token: (nullable): bearer token
 * @room_id: the room to join
 * @display_name: our name there
 * @role: what we are there
 * @cname: (nullable): our canonical name in RTCP and descriptions; NULL makes one up
 * @record_dir: (nullable): record every peer into this folder
 * @recording: of each recorded file
 * @space: (nullable): how much room for recordings there is
 * @record_on_finish: somebody hands ended sessions over, which is marked in them
 * @record_audio_only: no video is asked for
 * @receive_codecs: (nullable) (array zero-terminated=1): video codecs in order of preference
 *   (`vp8`, `h264`, `vp9`); NULL is all
 * @ice_servers: (nullable) (array zero-terminated=1): `stun:…` and `turn:user:pass@host:port?…`;
 *   NULL asks the server
 * @relay_only: what is not relayed by a TURN server is not used
 *
 * What a mesh is told at construction; it copies what it keeps.
 */
typedef struct {
  const char *server_url;
  const char *token;
  const char *room_id;
  const char *display_name;
  MbRole role;
  const char *cname;
  const char *record_dir;
  MbRecordingConfig recording;
  MbSpace *space;
  gboolean record_on_finish;
  gboolean record_audio_only;
  const char *const *receive_codecs;
  const char *const *ice_servers;
  gboolean relay_only;
} MbMeshConfig;

#define MB_TYPE_MESH (mb_mesh_get_type ())
G_DECLARE_FINAL_TYPE (MbMesh, mb_mesh, MB, MESH, GObject)

MbMesh *mb_mesh_new (MbMedia *media, MbSource *source, const MbMeshConfig *config, GError **error);
void mb_mesh_start (MbMesh *self);
void mb_mesh_leave (MbMesh *self);
const char *mb_mesh_get_own_id (MbMesh *self);
unsigned int mb_mesh_count_peers (MbMesh *self);
