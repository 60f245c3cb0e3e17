#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job in five steps. Names only the real paths; on a machine with memory hotplug it would do the same there,
# so it refuses to run outside a simulated world.
set -eu
[ -e /sys/kernel/debug/hotmem/dimm ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"

memory=/sys/devices/system/memory
if [ -t 1 ]; then bold='\033[1m' plain='\033[0m'; else bold='' plain=''; fi
say() { printf "\n$bold%s$plain\n" "$1"; }

say '1. The memory of a simulated machine, as lsmem sees it'
lsmem

say '2. Hot-add: echo 0x140000000 > probe'
echo 0x140000000 > $memory/probe
lsmem --all --output RANGE,STATE,REMOVABLE,BLOCK,NODE,ZONES | tail -n 6 | head -n 2

say '3. Bring the new block online, for movable pages only: echo online_movable > memory40/state'
echo online_movable > $memory/memory40/state
echo "state: $(cat $memory/memory40/state)   zone: $(cat $memory/memory40/valid_zones)"

say '4. And offline again: echo offline > memory40/state'
echo offline > $memory/memory40/state
echo "state: $(cat $memory/memory40/state)   could go to: $(cat $memory/memory40/valid_zones)"

say '5. A block that holds kernel memory refuses: echo offline > memory39/state'
sh -c "/bin/echo offline > $memory/memory39/state" 2>&1 || echo '...as on a real machine: the memory map lives there'

say "Now your script:  ${HOTMEM:-hotmem} run -- ./your-script.sh"
