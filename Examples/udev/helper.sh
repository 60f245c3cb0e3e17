#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A helper as /sbin/hotplug was: started once per uevent, with the uevent as its environment. This script is its own.
set -eu
if [ "${ACTION-}" ]; then
    [ "$ACTION $1" = 'add memory' ] || exit 0
    echo online_movable > "/sys$DEVPATH/state"
    exit
fi
[ -e /sys/kernel/debug/hotmem/dimm ] || exec "${HOTMEM:-hotmem}" run --helper "$(realpath "$0")" -- sh "$0"

memory=/sys/devices/system/memory
echo 0x140000000 > $memory/probe
for _ in $(seq 100); do
    [ "$(cat $memory/memory40/state)" = online ] && break
    sleep 0.05
done
cat $memory/memory40/state
[ "$(cat $memory/memory40/valid_zones)" = Movable ]
