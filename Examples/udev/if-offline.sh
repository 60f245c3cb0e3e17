#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A rule with a condition on `state` leaves alone what the kernel has brought online by itself.
set -eu
[ -e /sys/kernel/debug/hotmem/dimm ] ||
    exec "${HOTMEM:-hotmem}" run --udev --rules "$(dirname "$0")/if-offline.rules" -- sh "$0"

memory=/sys/devices/system/memory
by_rule() { udevadm info --query=property "$memory/memory$1" | grep -c onlined-by-rule || true; }

echo 0x140000000 > $memory/probe
echo online > $memory/auto_online_blocks
echo 0x148000000 > $memory/probe
udevadm settle
echo "memory40: $(cat $memory/memory40/state), by the rule"
echo "memory41: $(cat $memory/memory41/state), by the kernel"
[ "$(cat $memory/memory40/state) $(cat $memory/memory41/state)" = 'online online' ]
[ "$(by_rule 40)" -ge 1 ]
[ "$(by_rule 41)" = 0 ]
