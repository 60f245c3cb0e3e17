#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A uevent is lost: who keeps a list of what uevents say is wrong from then on; who looks at the files is not.
set -eu
[ -e /sys/kernel/debug/hotmem/faults ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"
. "$(dirname "$0")/agents"

echo 'set kind=lose block=40 action=online' > $faults
echo online > $memory/memory40/state
compare 40
