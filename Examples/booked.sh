#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Two designs of offlining: isolation refuses a block with kernel pages in it; booking waits until they are freed.
set -eu
[ -e /sys/kernel/debug/hotmem/dimm ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"

block=/sys/devices/system/memory/memory34
control=/sys/kernel/debug/hotmem

echo 'alloc name=driver kind=kernel block=34 pages=16' > $control/workload
sh -c "echo offline > $block/state" 2>/dev/null || echo "isolate: refused, $(cat $block/state)"

echo 'set offline_policy=booked' > $control/policy
echo offline > $block/state &
until [ "$(cat $block/state)" = going-offline ]; do sleep 0.01; done
echo "booked: $(cat $block/state)"
echo 'free name=driver pages=15' > $control/workload
echo "15 of 16 freed: $(cat $block/state)"
echo 'free name=driver' > $control/workload
wait $!
echo "all freed: $(cat $block/state)"
