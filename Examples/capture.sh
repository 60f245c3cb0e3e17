#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A machine's files, copied, become a machine again: what lsmem prints of it is what it prints of the copy. Then something
# happens to it that no copy could show.
set -eu
hotmem=${HOTMEM:-hotmem}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Somebody's machine: here a simulated one, some of whose memory is offline.
"$hotmem" run --machine two-nodes -- sh -c "chmem --disable -b 40-43; '$hotmem' export --tar '$work/report.tar.gz'"
mkdir "$work/copy"
tar -xf "$work/report.tar.gz" -C "$work/copy"

"$hotmem" capture --sysroot "$work/report.tar.gz" "$work/machine.toml"
lsmem --sysroot "$work/copy" --output-all > "$work/of-the-copy"
"$hotmem" run --machine "$work/machine.toml" -- lsmem --output-all > "$work/of-the-machine"
cmp "$work/of-the-copy" "$work/of-the-machine"
echo "lsmem prints the same of both."

"$hotmem" run --machine "$work/machine.toml" -- sh -c '
    chmem --enable -b 40-43
    lsmem --summary=only'
