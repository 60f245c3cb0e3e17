#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# So many uevents come that a buffer is full: recv(2) says so with ENOBUFS, once. An agent that does not expect it ends;
# one that does looks at everything again.
set -eu
[ -e /sys/kernel/debug/hotmem/faults ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"
. "$(dirname "$0")/agents"

echo 'set kind=flood uevents=2000' > $faults
echo online > $memory/memory40/state
compare 40
