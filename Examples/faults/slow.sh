#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Pages are slow to migrate. A script with a fixed time limit gives up what would have gone; one that looks whether pages
# still leave waits as long as they do.
set -eu
[ -e /sys/kernel/debug/hotmem/faults ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"

state=/sys/devices/system/memory/memory40/state
control=/sys/kernel/debug/hotmem
echo 0x140000000 > /sys/devices/system/memory/probe
echo online_movable > $state
echo 'alloc name=db kind=anon block=40 pages=600' > $control/workload
echo 'set kind=slow time=1ms every=1' > $control/faults
migrated() { awk '$1 == "pgmigrate_success" { print $2 }' /proc/vmstat; }

# naive
timeout -s INT 0.1 sh -c "echo offline > $state" 2> /dev/null || echo "given up: $(cat $state)"
[ "$(cat $state)" = online ]

# good
echo offline > $state & writer=$!
last=-1
while [ -d /proc/$writer ] && [ "$(cat $state)" != offline ]; do
    now=$(migrated)
    if [ "$now" = $last ]; then kill -INT $writer; fi
    last=$now
    sleep 0.2
done
wait $writer
echo "waited while pages left: $(cat $state)"
