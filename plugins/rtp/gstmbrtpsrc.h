/* gstmbrtpsrc.h: the beginning of a pipeline: RTP out of a port
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/base/gstbasesrc.h>

#define GST_TYPE_MB_RTP_SRC (gst_mb_rtp_src_get_type ())
G_DECLARE_FINAL_TYPE (GstMbRtpSrc, gst_mb_rtp_src, GST, MB_RTP_SRC, GstBaseSrc)

GST_ELEMENT_REGISTER_DECLARE (mbrtpsrc);
