#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Added blocks come online by themselves: the kernel's own policy, no udev rule needed.
set -eu
[ -e /sys/kernel/debug/hotmem/dimm ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"

memory=/sys/devices/system/memory
echo online_movable > $memory/auto_online_blocks
for address in 0x140000000 0x148000000 0x150000000; do
    echo $address > $memory/probe
done
grep -H . $memory/memory4[0-2]/state $memory/memory4[0-2]/valid_zones
