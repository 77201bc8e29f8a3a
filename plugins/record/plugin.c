/* plugin.c: registers the element that records
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * By itself, since libavformat brings some forty libraries: who does not record does without them.
 */
#include <gst/gst.h>

#include "gstmbwriter.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return GST_ELEMENT_REGISTER (mbwriter, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, meshbotrecord, "recording for meshbot",
    plugin_init, PACKAGE_VERSION, "LGPL", "meshbot", "https://example.org/meshbot")
