#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One of several blocks does not go online. A script that ends with the first error leaves the others offline, too; one
# that goes on has them, and knows which one is missing.
set -eu
[ -e /sys/kernel/debug/hotmem/faults ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"

memory=/sys/devices/system/memory
for block in 40 41 42 43; do printf '0x%x' $((block << 27)) > $memory/probe; done
states() { cat $memory/memory4[0-3]/state | tr '\n' ' '; }

echo 'set kind=online errno=EIO every=1 block=41' > /sys/kernel/debug/hotmem/faults
sh -ec "for block in 40 41 42 43; do echo online > $memory/memory\$block/state; done" 2> /dev/null ||
    echo "ended early: $(states)"

missing=
for block in 40 41 42 43; do
    # What is online already would be refused, too.
    [ "$(cat $memory/memory$block/state)" = online ] && continue
    sh -c "echo online > $memory/memory$block/state" 2> /dev/null || missing="$missing $block"
done
echo "went on: $(states)but for$missing"
[ "$missing" = ' 41' ]
