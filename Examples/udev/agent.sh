#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No udev: an agent of its own listens on netlink and brings memory online.
set -eu
[ -e /sys/kernel/debug/hotmem/dimm ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"

memory=/sys/devices/system/memory
said=$(mktemp)
trap 'rm "$said"' EXIT
python3 "$(dirname "$0")/agent.py" 4 > "$said" &
until grep -q listening "$said"; do sleep 0.01; done

echo 'plug id=d1 size=512M' > /sys/kernel/debug/hotmem/dimm
wait $!
cat $memory/memory80/online $memory/memory83/state
[ "$(cat $memory/memory8[0-3]/online | tr -d '\n')" = 1111 ]
