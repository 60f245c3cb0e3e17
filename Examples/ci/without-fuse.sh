#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What there is where nothing can be mounted: hotmem export writes a machine's tree as plain files, for which it takes neither
# /dev/fuse nor namespaces nor root, and tools that take another root read them. That is a picture of a machine, for tests of
# what reads: a write changes the one file, and is never refused; there are no effects, errnos, uevents, waiting and
# controls. What is to be found after a change comes from pictures that were taken where hotmem runs, and are kept with the
# tests:  hotmem run -- sh -c 'chmem --enable 256M; hotmem export --tar after.tar.xz'
set -eu
hotmem=${HOTMEM:-hotmem}
trees=$(mktemp -d)
trap 'rm -rf "$trees"' EXIT

"$hotmem" export --machine s390x "$trees/machine"
lsmem --sysroot "$trees/machine" --summary=only
memory=$trees/machine/sys/devices/system/memory
echo "offline blocks: $(grep -lx offline "$memory"/memory*/state | wc -l)"

# A kernel would refuse that with EINVAL, and a block that goes online would change meminfo.
before=$(cat "$trees/machine/proc/meminfo")
echo rubbish >"$memory/memory16/state"
[ "$(cat "$memory/memory16/state")" = rubbish ]
[ "$(cat "$trees/machine/proc/meminfo")" = "$before" ]
echo 'a write changes one file, and nothing else'
