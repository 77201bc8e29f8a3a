#!/usr/bin/env python3
"""link-plugins.py FROM TO: a folder of links to exactly the GStreamer plugins that meshbot uses.

Scanning all that a system has takes most of a second a test, and brings other people's leaks. The list is
also what scripts/packages has to install. One that is missing is left out: the test that needs it says so.
"""
import sys
from pathlib import Path

PLUGINS = (
    "app audioconvert audioparsers audioresample audiotestsrc coreelements opus opusparse pango rtp "
    "videoconvertscale videoparsersbad videotestsrc vpx"
).split()


def main():
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    for name in PLUGINS:
        file = f"libgst{name}.so"
        link = target / file
        if (source / file).exists() and not link.is_symlink():
            link.symlink_to(source / file)


main()
