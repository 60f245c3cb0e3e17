#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A page will not migrate, and the write to `state` waits for it, for ever if need be. A script without a time limit hangs;
# one with a limit gives the block up with a signal, and takes another.
set -eu
[ -e /sys/kernel/debug/hotmem/faults ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"

memory=/sys/devices/system/memory
control=/sys/kernel/debug/hotmem
for block in 40 41; do
    printf '0x%x' $((block << 27)) > $memory/probe
    echo online_movable > $memory/memory$block/state
    echo "alloc name=db$block kind=anon block=$block pages=100" > $control/workload
done
echo 'set kind=stuck every=1 block=40' > $control/faults

# naive
sh -c "echo offline > $memory/memory40/state" 2> /dev/null & writer=$!
until [ "$(cat $memory/memory40/state)" = going-offline ]; do sleep 0.01; done
sleep 0.2
kill -0 $writer
echo "after a while: $(cat $memory/memory40/state)"
kill $writer
wait $writer 2> /dev/null || true

# good
for block in 40 41; do
    timeout -s INT 0.2 sh -c "echo offline > $memory/memory$block/state" 2> /dev/null && break
    echo "memory$block does not go"
done
echo "memory$block is $(cat $memory/memory$block/state)"
[ "$block" = 41 ]
