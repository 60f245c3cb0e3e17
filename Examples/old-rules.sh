#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Linux 3.8's rules: memory has its zone when it is added, and only the block at the border of Normal and Movable can
# change sides. What 6.1 just does is refused here.
set -eu

if [ ! -e /sys/kernel/debug/hotmem/dimm ]; then
    machine=$(mktemp --suffix .toml)
    trap 'rm -f "$machine"' EXIT
    cat > "$machine" <<'END'
abi = "linux-3.8"
summary = "1 GiB, and a kernel of 2013"
[[memory]]
first = 0x0
last = 0x9fbff
type = "usable"
[[memory]]
first = 0x100000
last = 0x3fffffff
type = "usable"
END
    "${HOTMEM:-hotmem}" run --machine "$machine" -- sh "$0"
    exit
fi

memory=/sys/devices/system/memory

# The zones Normal and Movable, in blocks of 32768 pages.
zones() {
    awk '/^Node/ { zone = $4 }
         $1 == "spanned" { spanned = $2 }
         $1 == "present" && (zone == "Normal" || zone == "Movable") {
             printf "  %s spans %d, %d online", zone, spanned / 32768, $2 / 32768
         }
         END { print "" }' /proc/zoneinfo
}

# Writes a type to a block's state, says what came of it, and stops if it is not what was foreseen.
step() {
    if sh -c "echo $2 > $memory/memory$1/state" 2>/dev/null; then answer=done; else answer=refused; fi
    printf '%-24s%-8s%s\n' "$1 $2" "$answer" "$(zones)"
    [ $answer = "$3" ]
}

for block in 32 33 34 35; do printf '0x%x\n' $((block * 0x8000000)) > $memory/probe; done
printf '%-32s%s\n' '32 to 35 added' "$(zones)"

#                                   [ 32 n  33 n  34 n  35 n ]
step 34 online_movable refused    # not the highest of Normal
step 35 online_movable done       # [ 32 n  33 n  34 n ][ 35 M ]
step 34 online_movable done       # [ 32 n  33 n ][ 34 M  35 M ]
step 33 online done               # [ 32 n  33 N ][ 34 M  35 M ]
step 34 offline done              # [ 32 n  33 N ][ 34 m  35 M ]
step 35 offline done              # [ 32 n  33 N ][ 34 m  35 m ]
step 35 online_kernel refused     # not the lowest of Movable
step 34 online_kernel done        # [ 32 n  33 N  34 N ][ 35 m ]
step 35 online done               # [ 32 n  33 N  34 N ][ 35 M ]: online keeps the zone
step 35 online refused            # it is online

ls $memory/memory35
