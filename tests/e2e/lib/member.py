#!/usr/bin/python3
"""member.py: a member that speaks through Debian's python3-socketio, driven line by line.

    member.py URL TRANSPORT...

It connects, and says each event that comes as a line of JSON: [name, payload]. A line of JSON on its
input is an event to send: [name, payload], or [name, payload, true] for one that wants an
acknowledgement, which comes out as ["ack", ...]. Bytes are {"bytes": HEX} both ways. When its input
ends it disconnects.

Copyright (C) 2026 the meshbot authors
SPDX-License-Identifier: LGPL-2.1-or-later
"""

import json
import sys

import socketio


def pack(value):
    if isinstance(value, dict):
        if set(value) == {"bytes"}:
            return bytes.fromhex(value["bytes"])
        return {name: pack(item) for name, item in value.items()}
    if isinstance(value, list):
        return [pack(item) for item in value]
    return value


def unpack(value):
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": value.hex()}
    if isinstance(value, dict):
        return {name: unpack(item) for name, item in value.items()}
    if isinstance(value, list):
        return [unpack(item) for item in value]
    return value


def say(name, payload):
    print(json.dumps([name, unpack(payload)]), flush=True)


def main():
    client = socketio.Client(reconnection=False)
    client.on("connect", lambda: say("connect", client.get_sid()))
    client.on("disconnect", lambda: say("disconnect", None))
    for name in ("peers", "peer-joined", "signal", "peer-left", "room-closed", "room-error"):
        client.on(name, lambda payload, name=name: say(name, payload))
    client.connect(sys.argv[1], transports=sys.argv[2:] or None)
    for line in sys.stdin:
        name, payload, *wants_ack = json.loads(line)
        if wants_ack:
            say("ack", client.call(name, pack(payload), timeout=5))
        else:
            client.emit(name, pack(payload))
    client.disconnect()


main()
