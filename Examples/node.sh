#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A NUMA node comes, is used and goes, all of it in one go: a container device (ACPI0004) with two DIMMs and two CPUs.
set -eu
[ -e /sys/kernel/debug/hotmem/container ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"

node=/sys/devices/system/node
cpu=/sys/devices/system/cpu
container=/sys/devices/system/container/ACPI0004:00
control=/sys/kernel/debug/hotmem/container

echo "online nodes: $(cat $node/online)"
echo 'plug name=board hid=ACPI0004 node=1 cpus=2 dimms=256M,128M' > $control
cat $control
echo "online nodes: $(cat $node/online), with memory: $(cat $node/has_memory), with CPUs: $(cat $node/has_cpu)"

# Everything came offline: what is in the container is found below its ACPI object.
for online in $container/firmware_node/*/physical_node*/online; do
    echo 1 > "$online"
done
lsmem --output RANGE,SIZE,STATE,BLOCK,NODE --split STATE,NODE
echo "online nodes: $(cat $node/online), with memory: $(cat $node/has_memory), CPUs of node 1: $(cat $node/node1/cpulist)"

# The kernel does not eject a container that is online. It asks for it to be taken offline (a udev rule does what follows).
echo 1 > $container/firmware_node/eject
echo "still there: $(cat $control)"
for online in $container/firmware_node/*/physical_node*/online; do
    echo 0 > "$online"
done
echo 0 > $container/online
echo 1 > $container/firmware_node/eject
echo "online nodes: $(cat $node/online), present CPUs: $(cat $cpu/present)"

# The same in one go, by the simulator's control.
echo 'plug name=board hid=ACPI0004 node=1 cpus=2 dimms=256M,128M' > $control
echo 1 > $cpu/cpu"$(sed 's/.*cpus=\([0-9]*\).*/\1/' $control)"/online
echo 'unplug name=board' > $control
echo "online nodes: $(cat $node/online), present CPUs: $(cat $cpu/present)"
