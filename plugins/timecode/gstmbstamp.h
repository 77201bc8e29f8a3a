/* gstmbstamp.h: raw video with the time, an id and a flash drawn into it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/video/gstvideofilter.h>

#define GST_TYPE_MB_STAMP (gst_mb_stamp_get_type ())
G_DECLARE_FINAL_TYPE (GstMbStamp, gst_mb_stamp, GST, MB_STAMP, GstVideoFilter)

GST_ELEMENT_REGISTER_DECLARE (mbstamp);
