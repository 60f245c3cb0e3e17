#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A rule that writes online_movable: the module can be ejected again, though memory on it was in use.
set -eu
[ -e /sys/kernel/debug/hotmem/dimm ] ||
    exec "${HOTMEM:-hotmem}" run --udev --rules "$(dirname "$0")/movable.rules" -- sh "$0"

memory=/sys/devices/system/memory
control=/sys/kernel/debug/hotmem
echo 'plug id=d1 size=256M' > $control/dimm
udevadm settle
cat $memory/memory80/valid_zones
[ "$(cat $memory/memory80/valid_zones) $(cat $memory/memory81/valid_zones)" = 'Movable Movable' ]

echo 'alloc name=db kind=anon block=80 pages=5000' > $control/workload
echo 1 > $memory/memory80/firmware_node/eject
[ ! -e $memory/memory80 ]
grep pgmigrate_success /proc/vmstat
