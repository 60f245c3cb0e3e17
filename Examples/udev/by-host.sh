#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A rule that asks what machine it is on (the host answers that) before it chooses how memory comes online.
set -eu
[ -e /sys/kernel/debug/hotmem/dimm ] ||
    exec "${HOTMEM:-hotmem}" run --udev --rules "$(dirname "$0")/by-host.rules" -- sh "$0"

memory=/sys/devices/system/memory
echo 0x140000000 > $memory/probe
udevadm settle
echo "$(uname -m): $(cat $memory/memory40/state), $(cat $memory/memory40/valid_zones)"
case $(uname -m) in
s390*) [ "$(cat $memory/memory40/state)" = offline ] ;;
*) [ "$(cat $memory/memory40/state)" = online ] ;;
esac
