#!/bin/sh
# netns.sh: runs a command where no network is but lo and an interface that leads nowhere
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# ICE gathers no loopback candidates, so there has to be an interface with an address and a default
# route. It is one end of a pair whose other end is in here too, so nothing leaves the machine. (A
# dummy interface would do, but not every kernel has them.) The processes have a namespace of their
# own as well: when the command ends, or is killed, every browser it started ends with it.
set -eu
if [ "${MESHBOT_NETNS:-}" != inside ]; then
  export MESHBOT_NETNS=inside
  if [ "$(id -u)" = 0 ]; then
    exec unshare --net --pid --fork --kill-child --mount-proc -- "$0" "$@"
  fi
  exec unshare --user --map-root-user --net --pid --fork --kill-child --mount-proc -- "$0" "$@"
fi
ip link set lo up
ip link add mb0 type veth peer name mb1
for name in mb0 mb1; do
  # A link-local address on each end would only make more candidates to try.
  echo 1 > "/proc/sys/net/ipv6/conf/$name/disable_ipv6" 2>/dev/null || true
  ip link set "$name" up
done
ip address add 10.99.0.1/24 dev mb0
ip route add default via 10.99.0.2 dev mb0
exec "$@"
