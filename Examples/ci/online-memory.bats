#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Tests of a script, each on a machine of its own: bats online-memory.bats, as root or as an ordinary user.

setup() {
    # Installed, it is found by bats itself; in hotmem's repository it is there.
    if [ -e "$BATS_TEST_DIRNAME/../../bats/load.bash" ]; then
        load ../../bats/load
    else
        bats_load_library hotmem
    fi
    hotmem_start
    hotmem_probe 40 41 42
}

teardown() {
    hotmem_stop
}

online_memory() { hotmem_run "$BATS_TEST_DIRNAME/online-memory" "$@"; }

@test "brings as many blocks online as it is told" {
    run online_memory 2
    [ "$status" -eq 0 ]
    assert_block_state 40 online
    assert_block_state 41 online
    assert_block_state 42 offline
    assert_event '^uevent online@/devices/system/memory/memory41$'
    refute_event 'online@/devices/system/memory/memory42'
}

@test "brings them online for pages that can move" {
    online_memory 1
    assert_attribute /sys/devices/system/memory/memory40/valid_zones Movable
}

@test "says it where there are too few" {
    run online_memory 4
    [ "$status" -eq 1 ]
    [[ $output == *'1 too few'* ]]
}

@test "tries again what fails for a moment" {
    hotmem_control faults 'set kind=online errno=EAGAIN next=2 block=40'
    run online_memory 1
    [ "$status" -eq 0 ]
    [[ $output == *'Resource temporarily unavailable'*'memory40 is online'* ]]
}

@test "takes another block where one cannot go online" {
    hotmem_control faults 'set kind=online errno=ENOMEM next=100 block=40'
    run online_memory 1
    [ "$status" -eq 0 ]
    assert_block_state 40 offline
    assert_block_state 41 online
    assert_event 'memory40/state refused: .*errno 12'
}

@test "without a number changes nothing" {
    run online_memory
    [ "$status" -eq 2 ]
    [[ $output == usage:* ]]
    refute_event 'is online$'
}
