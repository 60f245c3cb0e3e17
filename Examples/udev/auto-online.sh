#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A rule brings memory online as it is added: no script waits for it, and none writes to its state.
set -eu
[ -e /sys/kernel/debug/hotmem/dimm ] ||
    exec "${HOTMEM:-hotmem}" run --udev --rules "$(dirname "$0")/auto-online.rules" -- sh "$0"

memory=/sys/devices/system/memory
echo 'plug id=d1 size=512M' > /sys/kernel/debug/hotmem/dimm
udevadm settle
for block in 80 81 82 83; do
    echo "memory$block: $(cat $memory/memory$block/state)"
    [ "$(cat $memory/memory$block/state)" = online ]
done
