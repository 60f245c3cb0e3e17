#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A uevent comes twice: who adds something up counts it twice; who looks at the files does not.
set -eu
[ -e /sys/kernel/debug/hotmem/faults ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"
. "$(dirname "$0")/agents"

echo 'set kind=double action=online' > $faults
echo online > $memory/memory40/state
compare 40
