#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A board with memory and processors is ejected: the kernel asks (change, EVENT=offline), the rule answers.
set -eu
[ -e /sys/kernel/debug/hotmem/dimm ] ||
    exec "${HOTMEM:-hotmem}" run --udev --rules "$(dirname "$0")/container.rules" -- sh "$0"

system=/sys/devices/system
echo online_movable > $system/memory/auto_online_blocks
echo 'plug name=board hid=ACPI0004 node=1 cpus=2 dimms=256M,256M' > /sys/kernel/debug/hotmem/container
udevadm settle
echo "nodes $(cat $system/node/online), processors $(cat $system/cpu/present)"
[ "$(cat $system/node/online)" = 0-1 ]

echo 1 > $system/container/ACPI0004:00/firmware_node/eject || true
udevadm settle
echo "nodes $(cat $system/node/online), processors $(cat $system/cpu/present)"
[ "$(cat $system/node/online)" = 0 ]
