#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A block does not go offline at once: some driver objects twice. A script that tries once leaves it; one that tries again,
# a few times and with a pause, as users of the kernel's interface have to, does not.
set -eu
[ -e /sys/kernel/debug/hotmem/faults ] || exec "${HOTMEM:-hotmem}" run -- sh "$0"

state=/sys/devices/system/memory/memory34/state
faults=/sys/kernel/debug/hotmem/faults
naive() { sh -c "echo offline > $state" 2> /dev/null; }
good() {
    for pause in 0.01 0.02 0.04 0.08 0.16; do
        if naive; then return 0; fi
        sleep $pause
    done
    return 1
}

echo 'set kind=offline errno=EBUSY next=2 block=34' > $faults
naive || echo "tried once: $(cat $state)"
echo 'set kind=offline errno=EBUSY next=2 block=34' > $faults
good
echo "tried again: $(cat $state)"
cat $faults
[ "$(cat $state)" = offline ]
