#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Scheduled removal: blocks that are known to go are avoided beforehand, so that there is little to move when they do.
# The same work is done twice on a memory device of 1 GiB, without the schedule and with it.
set -eu
[ -e /sys/kernel/debug/hotmem/dimm ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"

memory=/sys/devices/system/memory
control=/sys/kernel/debug/hotmem
migrated() { awk '$1 == "pgmigrate_success" { print $2 }' /proc/vmstat; }

# Pages that move when the device's blocks go offline, after some work.
measure() {
    echo 'plug id=d1 size=1G node=0' > $control/dimm
    blocks=$(sed -n 's/.*blocks=//p' $control/dimm)
    seq -f "$memory/memory%.0f/state" "${blocks%-*}" "${blocks#*-}" > "$list"
    while read -r state; do echo online_movable > "$state"; done < "$list"
    [ "$1" = without ] || echo "avoid block=$blocks" > $control/schedule
    echo 'alloc name=db kind=anon pages=200000' > $control/workload
    echo 'alloc name=files kind=file pages=60000' > $control/workload
    before=$(migrated)
    while read -r state; do echo offline > "$state"; done < "$list"
    moved=$(($(migrated) - before))
    printf 'free name=db\nfree name=files\n' > $control/workload
    echo 'unplug id=d1' > $control/dimm
}

list=$(mktemp)
trap 'rm -f "$list"' EXIT
measure without
without=$moved
measure with
echo "pages migrated to take 1 GiB offline: $without without a schedule, $moved with one"
[ "$moved" -lt "$without" ]
