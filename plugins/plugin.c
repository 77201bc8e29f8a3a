/* plugin.c: registers meshbot's GStreamer elements
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/gst.h>

#include "rtp/gstmbrtpsink.h"
#include "rtp/gstmbrtpsrc.h"
#include "timecode/gstmbbeep.h"
#include "timecode/gstmbprobe.h"
#include "timecode/gstmbsoundprobe.h"
#include "timecode/gstmbstamp.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return GST_ELEMENT_REGISTER (mbrtpsink, plugin) && GST_ELEMENT_REGISTER (mbrtpsrc, plugin) &&
         GST_ELEMENT_REGISTER (mbstamp, plugin) && GST_ELEMENT_REGISTER (mbbeep, plugin) &&
         GST_ELEMENT_REGISTER (mbprobe, plugin) && GST_ELEMENT_REGISTER (mbsoundprobe, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, meshbot,
    "RTP to and from the meshbot engine, time codes", plugin_init, PACKAGE_VERSION, "LGPL",
    "meshbot", "https://example.org/meshbot")
