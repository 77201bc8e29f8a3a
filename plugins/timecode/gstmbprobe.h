/* gstmbprobe.h: reads the time code out of raw video, and looks at it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/video/gstvideofilter.h>

#define GST_TYPE_MB_PROBE (gst_mb_probe_get_type ())
G_DECLARE_FINAL_TYPE (GstMbProbe, gst_mb_probe, GST, MB_PROBE, GstVideoFilter)

GST_ELEMENT_REGISTER_DECLARE (mbprobe);
