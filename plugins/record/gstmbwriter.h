/* gstmbwriter.h: encoded frames into one file, never waiting for anyone
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

#define GST_TYPE_MB_WRITER (gst_mb_writer_get_type ())
G_DECLARE_FINAL_TYPE (GstMbWriter, gst_mb_writer, GST, MB_WRITER, GstElement)

GST_ELEMENT_REGISTER_DECLARE (mbwriter);
