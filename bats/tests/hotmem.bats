#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What load.bash promises. As root, and as an ordinary user.

bats_require_minimum_version 1.5.0

setup() {
    load ../load
}

teardown() {
    hotmem_stop
}

# For tests in here-documents, where bats would find them.
test=@test

# Runs a file of tests, the text of which is on standard input, as bats would; never in the machine of this one.
inner_bats() {
    {
        echo "setup() { load '$BATS_TEST_DIRNAME/../load'; }"
        cat
    } >"$BATS_TEST_TMPDIR/inner.bats"
    run env -u HOTMEM_WORLD -u HOTMEM_PROCESS bats "$BATS_TEST_TMPDIR/inner.bats"
}

# The processes of a world's keeper, whose command line has the word.
hotmems() { pgrep -f "hotmem run .*$1" || true; }

# Whether they go; what is killed takes a moment.
hotmems_go() {
    for _ in {1..100}; do
        [ -n "$(hotmems "$1")" ] || return 0
        sleep 0.1
    done
    return 1
}

@test "a command sees the machine at the real paths" {
    hotmem_start --machine two-nodes
    run hotmem_run cat /sys/devices/system/node/online
    [ "$status" -eq 0 ]
    [ "$output" = 0-1 ]
}

@test "a command has the directory, the environment and the arguments of its caller" {
    hotmem_start
    cd "$BATS_TEST_TMPDIR"
    export WORD='two words'
    # shellcheck disable=SC2016
    run hotmem_run sh -c 'pwd; echo "$WORD|$1"' sh 'a  b'
    [ "${lines[0]}" = "$(pwd -P)" ]
    [ "${lines[1]}" = 'two words|a  b' ]
}

@test "a command's exit status is the caller's" {
    hotmem_start
    run hotmem_run sh -c 'exit 7'
    [ "$status" -eq 7 ]
    run -127 hotmem_run /no/such/program
    [[ $output == hotmem_run:*/no/such/program* ]]
}

@test "commands share one machine, and it is not the next test's" {
    hotmem_start
    hotmem_probe 40 41
    assert_block_state 40 offline
    hotmem_run sh -c 'echo online > /sys/devices/system/memory/memory41/state'
    assert_block_state 41 online
    hotmem_stop
    hotmem_start
    assert_no_block 40
}

@test "commands hear uevents" {
    command -v python3 || skip 'no python3'
    hotmem_start
    run hotmem_run timeout 10 python3 -c '
import socket
events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
events.bind((0, 1))
open("/sys/devices/system/memory/probe", "w").write("0x140000000")
print(events.recv(4096).split(b"\0")[0].decode())'
    [ "$output" = add@/devices/system/memory/memory40 ]
}

@test "controls take lines, and say what is wrong with one" {
    hotmem_start
    hotmem_control dimm 'plug id=d1 size=256M node=1'
    assert_attribute /sys/devices/system/node/online 0-1
    run hotmem_control dimm 'plug nothing'
    [ "$status" -ne 0 ]
    [[ $output == *'Invalid argument'* ]]
}

@test "the tree can be seen from outside by root" {
    hotmem_start --machine two-nodes
    if [ "$(id -u)" -eq 0 ]; then
        [ "$(cat "$(hotmem_root)/sys/devices/system/node/online")" = 0-1 ]
    else
        run hotmem_root
        [ "$status" -eq 1 ]
        [[ $output == *'that takes root'* ]]
    fi
}

@test "an assertion that does not hold says what is" {
    hotmem_start
    hotmem_probe 40
    run assert_block_state 40 online
    [ "$status" -eq 1 ]
    [[ $output == *'expected : online'*'actual   : offline'* ]]
    run assert_block_state 41 online
    [ "$status" -eq 1 ]
    [[ $output == *memory41/state*'cannot be read'*'No such file'* ]]
    run assert_no_block 40
    [ "$status" -eq 1 ]
    [[ $output == *'memory40 is there'*'state : offline'* ]]
    assert_no_block 41
}

@test "events are asserted and refuted" {
    hotmem_start
    refute_event memory40
    hotmem_probe 40
    assert_event '^uevent add@.*/memory40$'
    run assert_event 'remove@'
    [ "$status" -eq 1 ]
    [[ $output == *'expected : remove@'*'uevent add@'* ]]
    for assertion in assert_event refute_event; do
        run $assertion '('
        [ "$status" -ne 0 ]
        [[ $output == *'not a regular expression'* ]]
        for words in '' ' "" ' 'uevent memory40'; do
            run eval "$assertion $words"
            [ "$status" -ne 0 ]
            [[ $output == *'one regular expression'* ]]
        done
    done
    for numbers in x 08 ''; do
        # shellcheck disable=SC2086
        run hotmem_probe $numbers
        [ "$status" -ne 0 ]
    done
    run refute_event '^uevent add@'
    [ "$status" -eq 1 ]
    [[ $output == *memory40* ]]
}

@test "where nothing happened there is no event, whatever is asked for" {
    hotmem_start
    refute_event '.*'
    refute_event '^$'
    run assert_event '.*'
    [ "$status" -eq 1 ]
    [[ $output == *'no such event'* ]]
}

@test "what is asked without its words is refused, not taken for granted" {
    hotmem_start
    for call in hotmem_run hotmem_control 'hotmem_control dimm' hotmem_within 'hotmem_within 1' 'hotmem_within soon true' \
        assert_no_block 'assert_no_block memory40' assert_attribute assert_block_state; do
        # shellcheck disable=SC2086
        run $call
        [ "$status" -ne 0 ] || { echo "$call"; false; }
    done
}

@test "what takes a while is waited for, and not for ever" {
    hotmem_start
    hotmem_probe 40
    hotmem_run sh -c 'sleep 0.5; echo online > /sys/devices/system/memory/memory40/state' 3>&- &
    hotmem_within 10 assert_block_state 40 online
    wait
    run hotmem_within 0 assert_block_state 40 offline
    [ "$status" -eq 1 ]
    [[ $output == *'actual   : online'* ]]
}

@test "stop ends the machine and what runs in it, and can be said twice" {
    hotmem_start --cmdline "mark=$BATS_TEST_NAME"
    hotmem_run sleep 1000 3>&- &
    [ -n "$(hotmems "mark=$BATS_TEST_NAME")" ]
    hotmem_stop
    hotmem_stop
    [ -z "$(hotmems "mark=$BATS_TEST_NAME")" ]
    wait
}

@test "without a machine the functions say so" {
    for call in 'hotmem_run true' hotmem_root 'hotmem_probe 40' 'assert_block_state 40 online' 'assert_event x' \
        'refute_event x'; do
        # shellcheck disable=SC2086
        run $call
        [ "$status" -ne 0 ]
        [[ $output == *'first: hotmem_start'* ]]
    done
}

@test "a second machine is refused, and one in a subshell" {
    run hotmem_start
    [ "$status" -eq 1 ]
    [[ $output == *'call hotmem_start, do not run it'* ]]
    hotmem_start
    if hotmem_start 2>"$BATS_TEST_TMPDIR/said"; then false; fi
    grep 'a machine runs already' "$BATS_TEST_TMPDIR/said"
}

@test "wrong options fail, with what hotmem says" {
    inner_bats <<<'@test "wrong" { hotmem_start --machine vax; }'
    [ "$status" -eq 1 ]
    [[ $output == *'hotmem run has failed'*vax* ]]
}

@test "where there is no hotmem, a test is skipped, or fails if it is required" {
    unset HOTMEM_REQUIRE
    export HOTMEM=/no/hotmem
    inner_bats <<<'@test "needs it" { hotmem_start; }'
    [ "$status" -eq 0 ]
    [[ $output == *'skip hotmem cannot run here: no program /no/hotmem'* ]]
    export HOTMEM_REQUIRE=1
    inner_bats <<<'@test "needs it" { hotmem_start; }'
    [ "$status" -eq 1 ]
    [[ $output == *'hotmem cannot run here'*'/no/hotmem'* ]]
}

@test "where no world can be made, a test is skipped, with hotmem's reason" {
    unset HOTMEM_REQUIRE
    printf '#!/bin/sh\necho "hotmem: cannot open the FUSE device" >&2\nexit 1\n' >"$BATS_TEST_TMPDIR/hotmem"
    chmod +x "$BATS_TEST_TMPDIR/hotmem"
    HOTMEM=$BATS_TEST_TMPDIR/hotmem inner_bats <<<'@test "needs it" { hotmem_start; }'
    [ "$status" -eq 0 ]
    [[ $output == *'skip hotmem cannot run here: cannot open the FUSE device'* ]]
}

@test "a test that fails tells what happened to its machine, and leaves none" {
    inner_bats <<END
teardown() { hotmem_stop; }
$test "fails" { hotmem_start --cmdline mark=$BATS_TEST_NAME; hotmem_probe 40; false; }
END
    [ "$status" -eq 1 ]
    [[ $output == *'what happened to the machine'*'uevent add@/devices/system/memory/memory40'* ]]
    hotmems_go "mark=$BATS_TEST_NAME"
}

@test "a test without a teardown leaves no machine" {
    inner_bats <<<"@test 'forgets' { hotmem_start --cmdline mark=$BATS_TEST_NAME; }"
    [ "$status" -eq 0 ]
    hotmems_go "mark=$BATS_TEST_NAME"
}

@test "a test that is killed leaves no machine" {
    # shellcheck disable=SC2016
    inner_bats <<<"@test 'dies' { hotmem_start --cmdline mark=$BATS_TEST_NAME; kill -KILL \$\$; }"
    [ "$status" -ne 0 ]
    hotmems_go "mark=$BATS_TEST_NAME"
}

@test "a machine can be that of a file" {
    cat >"$BATS_TEST_TMPDIR/inner.bats" <<END
setup_file() { load '$BATS_TEST_DIRNAME/../load'; hotmem_start; }
teardown_file() { hotmem_stop; }
setup() { load '$BATS_TEST_DIRNAME/../load'; }
$test "adds" { hotmem_probe 40; }
$test "sees" { assert_block_state 40 offline; }
END
    run bats "$BATS_TEST_TMPDIR/inner.bats"
    [ "$status" -eq 0 ]
}
