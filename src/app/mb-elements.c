/* mb-elements.c: whether GStreamer has what the program uses, and which Debian package would
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asked before anything is started, when there is still somebody to read what is to be installed.
 */
#include "mb-elements.h"

#include <gst/gst.h>

#include "mb-error.h"
#include "mb-pipeline-path.h"
#include "names.h"

#define BASE "gstreamer1.0-plugins-base"
#define GOOD "gstreamer1.0-plugins-good"
#define BAD "gstreamer1.0-plugins-bad"
#define X "gstreamer1.0-x"

typedef struct {
  const char *element;
  const char *package;
} Row;

/* What descriptions of sources are likely to name. */
static const Row KNOWN[] = {{"audioconvert", BASE}, {"avenc_h264", "gstreamer1.0-libav"},
    {"avdec_h264", "gstreamer1.0-libav"}, {"decodebin", BASE}, {"openh264enc", BAD},
    {"openh264dec", BAD}, {"pulsesrc", "gstreamer1.0-pulseaudio"}, {"rtspsrc", GOOD},
    {"uridecodebin", BASE}, {"audioresample", BASE}, {"audiotestsrc", BASE}, {"clockoverlay", X},
    {"opusenc", BASE}, {"rtph264pay", GOOD}, {"rtpopuspay", GOOD}, {"rtpvp8pay", GOOD},
    {"rtpvp9pay", GOOD}, {"textoverlay", X}, {"timeoverlay", X}, {"v4l2src", GOOD},
    {"videoconvert", BASE}, {"videorate", BASE}, {"videoscale", BASE}, {"videotestsrc", BASE},
    {"vp8enc", GOOD}, {"vp9enc", GOOD}, {"x264enc", "gstreamer1.0-plugins-ugly"},
    {"ximagesrc", GOOD}};

static gboolean
check (const Row *row, MbElementsHas has, GError **error)
{
  if (has (row->element))
    return TRUE;
  g_set_error (error, MB_ERROR, MB_ERROR_UNSUPPORTED,
      "GStreamer's element %s is missing; install the package %s", row->element, row->package);
  return FALSE;
}

static gboolean
registry_has (const char *element)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (element);

  return factory != NULL;
}

/**
 * mb_elements_ensure:
 * @records: for recording, too
 *
 * Finds our own plugin, in the build tree or where it is installed.
 *
 * Returns: %FALSE with %MB_ERROR_UNSUPPORTED that names what is missing and its Debian package
 */
gboolean
mb_elements_ensure (gboolean records, GError **error)
{
  gst_init (NULL, NULL);
  /* GStreamer looks in its own folder; another prefix has another. */
  if (!registry_has (MB_ELEMENT_RTP_SINK) && g_file_test (MESHBOT_PLUGINDIR, G_FILE_TEST_IS_DIR))
    gst_registry_scan_path (gst_registry_get (), MESHBOT_PLUGINDIR);
  return mb_pipeline_ensure_elements (records, error);
}

/**
 * mb_elements_check_launch:
 * @launch: a launch line, as of mb_pipeline_spec_get_launch()
 * @has: (nullable): whether there is an element of that name; %NULL asks GStreamer
 *
 * Returns: %FALSE with %MB_ERROR_UNSUPPORTED where an element in @launch is missing whose package
 *   is known; others are left to whoever builds the pipeline
 */
gboolean
mb_elements_check_launch (const char *launch, MbElementsHas has, GError **error)
{
  g_auto (GStrv) words = g_strsplit_set (launch, " \t\r\n", -1);

  for (guint i = 0; words[i] != NULL; i++)
    for (gsize j = 0; j < G_N_ELEMENTS (KNOWN); j++)
      if (g_str_equal (words[i], KNOWN[j].element) &&
          !check (&KNOWN[j], has != NULL ? has : registry_has, error))
        return FALSE;
  return TRUE;
}
