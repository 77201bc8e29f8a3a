/* gstmbrtpsink.h: the end of a pipeline: RTP into a port
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/base/gstbasesink.h>

#define GST_TYPE_MB_RTP_SINK (gst_mb_rtp_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstMbRtpSink, gst_mb_rtp_sink, GST, MB_RTP_SINK, GstBaseSink)

GST_ELEMENT_REGISTER_DECLARE (mbrtpsink);
