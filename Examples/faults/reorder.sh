#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Two uevents come in the wrong order: who believes the last one is wrong; who looks at the files is not.
set -eu
[ -e /sys/kernel/debug/hotmem/faults ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"
. "$(dirname "$0")/agents"

echo 'set kind=reorder action=online' > $faults
echo online > $memory/memory40/state
echo offline > $memory/memory40/state
compare ''
