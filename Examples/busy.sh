#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a script does about EBUSY: an unmovable page keeps a block from going offline, until it is freed.
set -eu
[ -e /sys/kernel/debug/hotmem/dimm ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"

block=/sys/devices/system/memory/memory34
workload=/sys/kernel/debug/hotmem/workload

echo 'alloc name=driver kind=kernel block=34 pages=16' > $workload
if sh -c "echo offline > $block/state" 2>/dev/null; then
    echo "offline, although it holds unmovable pages" >&2
    exit 1
fi
echo "$(cat $block/state): busy"

echo 'free name=driver' > $workload
echo offline > $block/state
echo "$(cat $block/state)"
