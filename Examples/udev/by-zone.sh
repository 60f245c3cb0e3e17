#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A rule with conditions on valid_zones: a block that can be movable becomes so, another does what it can. Run over all
# blocks by `udevadm trigger`, it brings back what was offline, as movable memory, and leaves alone what is online.
set -eu
[ -e /sys/kernel/debug/hotmem/dimm ] ||
    exec "${HOTMEM:-hotmem}" run --udev --rules "$(dirname "$0")/by-zone.rules" -- sh "$0"

memory=/sys/devices/system/memory
zones() { cat "$memory/memory$1/valid_zones"; }

echo 0x140000000 > $memory/probe
echo offline > $memory/memory5/state
echo "memory5 may be $(zones 5)"
udevadm settle
echo "memory40 is $(zones 40)"
[ "$(zones 40)" = Movable ]

udevadm trigger --subsystem-match=memory
udevadm settle
echo "memory5 is $(zones 5) again"
[ "$(zones 5)" = Movable ]
! grep -L online $memory/memory*/state | grep .
