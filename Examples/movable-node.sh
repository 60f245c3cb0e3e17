#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Boot with movable_node: what the firmware calls hot-pluggable ends in Movable, nothing of the kernel's is on it, and the
# whole node can go offline. Without, its own memory map keeps it.
set -eu
if [ ! -e /sys/kernel/debug/hotmem/dimm ]; then
    machine=$(mktemp)
    trap 'rm -f "$machine"' EXIT
    cat > "$machine" <<'END'
memory = [{ first = 0, size = "2G" }, { first = "4G", size = "1G" }]
affinity = [{ node = 0, first = 0, size = "2G" }, { node = 1, first = "4G", size = "8G", hotplug = true }]
END
    for parameters in '' movable_node; do
        echo "kernel command line: '$parameters'"
        "${HOTMEM:-hotmem}" run --machine "$machine" --cmdline "$parameters" -- sh "$0"
    done
    exit
fi

cd /sys/devices/system/node/node1
kept=0
for block in memory[0-9]*; do
    sh -c "echo offline > $block/state" 2>/dev/null || { echo "$block stays"; kept=$((kept + 1)); }
done
echo "$kept of $(ls -d memory[0-9]* | wc -l) blocks stay; has_memory: $(cat ../has_memory)"
echo "reserved at boot above 4 GiB: $(awk '$2 >= "0x0000000100000000"' /sys/kernel/debug/memblock/reserved | wc -l) ranges"
