/* gstmbsoundprobe.h: listens to raw audio for silence and beeps
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/base/gstbasetransform.h>

#define GST_TYPE_MB_SOUND_PROBE (gst_mb_sound_probe_get_type ())
G_DECLARE_FINAL_TYPE (GstMbSoundProbe, gst_mb_sound_probe, GST, MB_SOUND_PROBE, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE (mbsoundprobe);
