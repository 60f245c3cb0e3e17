#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A whole node goes: the plan tells the order, and following it works where any order would not.
set -eu
[ -e /sys/kernel/debug/hotmem/dimm ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"

memory=/sys/devices/system/memory
control=/sys/kernel/debug/hotmem

# Node 1 is two memory devices. The first comes online for the kernel, which puts the second's memory maps there.
echo 'plug id=d1 size=256M node=1' > $control/dimm
echo online_kernel > $memory/memory80/state
echo online_movable > $memory/memory81/state
echo 'plug id=d2 size=256M node=1' > $control/dimm
echo online_movable > $memory/memory82/state
echo online_movable > $memory/memory83/state
echo 'alloc name=db kind=anon node=1 pages=70000' > $control/workload
echo "online nodes: $(cat /sys/devices/system/node/online)"

if sh -c "echo offline > $memory/memory80/state" 2>/dev/null; then
    echo "memory80 is offline, although it holds the memory maps of others" >&2
    exit 1
fi
echo 'memory80 first: busy, it holds the memory maps of others'

# "hotmem plan remove-node 1" shows the same for people.
echo 'remove-node node=1' > $control/plan
plan=$(cat $control/plan)
echo "$plan"

echo "$plan" | while read -r line; do
    eval "$(echo "$line" | grep -o '\(do\|block\|device\)=[^ ]*')"
    case $line in
    step=*do=offline*) echo offline > "$memory/memory$block/state" ;;
    step=*do=eject*) echo "unplug id=$device" > $control/dimm ;;
    esac
done
echo "online nodes: $(cat /sys/devices/system/node/online)"
[ "$(cat /sys/devices/system/node/online)" = 0 ]
