/* plugin.c: registers meshbot's GStreamer elements
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/gst.h>

#include "record/gstmbwriter.h"
#include "rtp/gstmbrtpsink.h"
#include "rtp/gstmbrtpsrc.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return GST_ELEMENT_REGISTER (mbrtpsink, plugin) && GST_ELEMENT_REGISTER (mbrtpsrc, plugin) &&
         GST_ELEMENT_REGISTER (mbwriter, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, meshbot,
    "RTP to and from the meshbot engine, recording", plugin_init, PACKAGE_VERSION, "LGPL",
    "meshbot", "https://example.org/meshbot")
