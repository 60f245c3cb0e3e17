#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A memory device is plugged in, and there is no memory for its memory map: it sits in its slot, and no block of it comes. A
# script that counts on the blocks fails; one that looks whether the driver took the device has it plugged in again.
set -eu
[ -e /sys/kernel/debug/hotmem/faults ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"

memory=/sys/devices/system/memory
control=/sys/kernel/debug/hotmem
echo 'set kind=memmap' > $control/faults

# naive
echo 'plug id=d1 size=256M' > $control/dimm
sh -c "echo online_movable > $memory/memory80/state" 2> /dev/null || echo "no memory80"

# good
for _ in 1 2 3; do
    grep -q 'id=d1 .*bound=1' $control/dimm && break
    echo 'unplug id=d1' > $control/dimm
    echo 'plug id=d1 size=256M' > $control/dimm
done
echo online_movable > $memory/memory80/state
echo "memory80 is $(cat $memory/memory80/state)"
