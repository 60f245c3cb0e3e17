#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What offlining does with pages: movable ones go elsewhere, a pinned one is waited for, a kernel page refuses it.
set -eu
[ -e /sys/kernel/debug/hotmem/dimm ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"

memory=/sys/devices/system/memory
control=/sys/kernel/debug/hotmem
state() { cat $memory/memory40/state; }

echo 0x140000000 > $memory/probe
echo online_movable > $memory/memory40/state

# A database fills most of block 40; it moves when the block goes.
echo 'alloc name=db kind=anon block=40 pages=30000' > $control/workload
echo offline > $memory/memory40/state
grep pgmigrate_success /proc/vmstat
sed 's/blocks=.*//' $control/workload
echo online_movable > $memory/memory40/state

# A page that a driver has pinned keeps the writer waiting, until it is unpinned ...
echo 'alloc name=video kind=anon block=40 pages=100' > $control/workload
echo 'pin name=video pages=1' > $control/workload
echo offline > $memory/memory40/state &
until [ "$(state)" = going-offline ]; do sleep 0.01; done
echo "pinned: $(state)"
echo 'unpin name=video' > $control/workload
wait $!
echo "unpinned: $(state)"

# ... or a signal comes to it; then all is as it was.
echo online_movable > $memory/memory40/state
echo 'alloc name=net kind=file fs=nfs block=40 pages=100' > $control/workload
echo 'stall name=net' > $control/workload
timeout -s INT 0.3 sh -c "echo offline > $memory/memory40/state" 2>/dev/null || echo "interrupted: $(state)"

# What the notifier chain heard of that.
tail -n 2 $control/notifiers | cut -d ' ' -f 2
