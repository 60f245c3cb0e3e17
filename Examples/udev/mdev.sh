#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# busybox mdev in place of udev, started once per uevent as the kernel's uevent_helper: its own configuration brings
# memory online.
set -eu
if [ ! -e /sys/kernel/debug/hotmem/dimm ]; then
    work=$(mktemp -d)
    trap 'rm -r "$work"' EXIT
    ln -s "$(command -v busybox)" "$work/mdev"
    "${HOTMEM:-hotmem}" run --helper "$work/mdev" -- sh "$0" "$work"
    exit
fi

# mdev reads /etc/mdev.conf only; the mount is the world's.
memory=/sys/devices/system/memory
echo '$SUBSYSTEM=memory 0:0 660 @echo online > /sys$DEVPATH/state' > "$1/mdev.conf"
mount -t tmpfs none /etc
cp "$1/mdev.conf" /etc/mdev.conf
echo 0x140000000 > $memory/probe
for _ in $(seq 100); do
    [ "$(cat $memory/memory40/state)" = online ] && break
    sleep 0.05
done
cat $memory/memory40/state
[ "$(cat $memory/memory40/state)" = online ]
