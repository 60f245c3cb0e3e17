#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Rules that start programs: a reload of the crash kernel for each block that goes online or offline.
set -eu
if [ ! -e /sys/kernel/debug/hotmem/dimm ]; then
    work=$(mktemp -d)
    trap 'rm -r "$work"' EXIT
    # What the rule is to start; a real one would call kdumpctl reload, or kdump-config.
    printf '#!/bin/sh\nsleep 0.05\necho "reload: $*" >> %s/log\n' "$work" > "$work/reload"
    chmod +x "$work/reload"
    { echo "ENV{KDUMP_RELOAD}=\"$work/reload\""; cat "$(dirname "$0")/kdump.rules"; } > "$work/98-kdump.rules"
    "${HOTMEM:-hotmem}" run --udev --rules "$work/98-kdump.rules" -- sh "$0" "$work/log"
    exit
fi

memory=/sys/devices/system/memory
echo 0x140000000 > $memory/probe
echo online_movable > $memory/memory40/state
echo offline > $memory/memory40/state
udevadm settle
cat "$1"
[ "$(cat "$1")" = "reload: memory40 online
reload: memory40 offline" ]
