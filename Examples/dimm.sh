#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A memory device (DIMM) goes into a new NUMA node, comes online, and is ejected again; the node comes and goes with it.
set -eu
[ -e /sys/kernel/debug/hotmem/dimm ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"

node=/sys/devices/system/node
echo "online nodes: $(cat $node/online)"

echo 'plug id=d1 size=256M node=1' > /sys/kernel/debug/hotmem/dimm
cat /sys/kernel/debug/hotmem/dimm
echo "online nodes: $(cat $node/online), with memory: $(cat $node/has_memory)"

for block in $node/node1/memory[0-9]*; do
    echo online_movable > "$block/state"
done
echo "online nodes: $(cat $node/online), with memory: $(cat $node/has_memory)"

# As an operator would: through the ACPI device that the block is bound to.
echo 1 > /sys/devices/system/memory/memory80/firmware_node/eject
echo "online nodes: $(cat $node/online)"
