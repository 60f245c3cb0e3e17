#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A uevent comes late: an agent brings new memory online, but not before the write to probe returns. A script that counts
# on that goes wrong; one that waits for what it needs, with an end, does not.
set -eu
[ -e /sys/kernel/debug/hotmem/faults ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"

state=/sys/devices/system/memory/memory40/state
said=$(mktemp)
trap 'rm "$said"' EXIT
python3 "$(dirname "$0")/../udev/agent.py" 1 > "$said" &
until grep -q listening "$said"; do sleep 0.01; done

echo 'set kind=delay time=200ms' > /sys/kernel/debug/hotmem/faults
echo 0x140000000 > /sys/devices/system/memory/probe

# naive
echo "at once: $(cat $state)"
[ "$(cat $state)" = offline ]

# good
for _ in $(seq 100); do
    [ "$(cat $state)" = offline ] || break
    sleep 0.05
done
wait
echo "in a moment: $(cat $state)"
[ "$(cat $state)" = online ]
