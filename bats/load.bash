# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# For bats: simulated memory in a test. Each test has a machine of its own, which ends with the test, however that ends.
#
#     setup() {
#         bats_load_library hotmem        # or: load PATH/load
#         hotmem_start --machine two-nodes
#     }
#     teardown() { hotmem_stop; }
#
#     @test "added memory comes online" {
#         hotmem_probe 80
#         run hotmem_run ./my-script.sh
#         [ "$status" -eq 0 ]
#         assert_block_state 80 online
#     }
#
# The machine is the world of a `hotmem run`: what hotmem_run starts sees it at the real paths, and hears its uevents.
# HOTMEM names the program (hotmem). Where no world can be made, tests are skipped, with the reason; with
# HOTMEM_REQUIRE=1 they fail. Started in setup_file instead, a machine is that of all tests of the file.
#
# Needs bats 1.5 or later, and util-linux.

# Starts a machine, with the options of `hotmem run`. To be called, not to be `run`: the machine ends with the process
# that calls.
hotmem_start() {
    local directory line inner='' log program=${HOTMEM:-hotmem}
    if [ -n "${HOTMEM_WORLD:-}" ]; then
        _hotmem_fail 'a machine runs already' 'first: hotmem_stop'
        return
    fi
    if [ "$BASHPID" != "$$" ]; then
        _hotmem_fail 'hotmem_start in a subshell' 'the machine would end with it: call hotmem_start, do not run it'
        return
    fi
    if ! program=$(command -v "$program"); then
        _hotmem_unavailable "no program ${HOTMEM:-hotmem}; install it, or set HOTMEM to its path"
        return
    fi
    HOTMEM=$(realpath -- "$program")
    directory=$(mktemp -d "${BATS_TEST_TMPDIR:-${BATS_FILE_TMPDIR:-${TMPDIR:-/tmp}}}/hotmem.XXXXXX") || return
    mkfifo "$directory/started" || return
    # It is killed when this shell is gone, and the world with it. bats waits for whoever holds its descriptors.
    # shellcheck disable=SC2016
    setpriv --pdeathsig KILL sh -c 'test "$PPID" = "$0" && exec "$@"' "$$" "$HOTMEM" run "$@" -- \
        sh -c 'echo "hotmem has started $$" && exec sleep infinity' \
        </dev/null >"$directory/started" 2>"$directory/log" 3>&- 4>&- &
    HOTMEM_PROCESS=$! HOTMEM_DIRECTORY=$directory
    # A test may wait for what it started itself.
    disown "$HOTMEM_PROCESS"
    while read -r line; do
        [[ $line == 'hotmem has started '* ]] && inner=${line##* } && break
    done <"$directory/started"
    if [ -n "$inner" ]; then
        HOTMEM_WORLD=$(_hotmem_find "$HOTMEM_PROCESS" "$inner")
        export HOTMEM HOTMEM_DIRECTORY HOTMEM_PROCESS HOTMEM_WORLD
        [ -n "$HOTMEM_WORLD" ] || _hotmem_fail 'the machine is not to be found in /proc' "process : $HOTMEM_PROCESS"
        return
    fi
    log=$(cat "$directory/log")
    hotmem_stop
    # What is wrong with the options is never a reason to skip.
    case $log in
        'hotmem: cannot '*) _hotmem_unavailable "${log#hotmem: }" ;;
        *) _hotmem_fail 'hotmem run has failed' "${log:-it said nothing}" ;;
    esac
}

# Ends the machine. If the test has failed, says what happened to it before that. Without a machine it does nothing.
hotmem_stop() {
    [ -n "${HOTMEM_PROCESS:-}" ] || return 0
    if [ -n "${HOTMEM_WORLD:-}" ] && [ -n "${BATS_TEST_NAME:-}" ] && [ "${BATS_TEST_COMPLETED:-}" != 1 ]; then
        echo '-- what happened to the machine --'
        # shellcheck disable=SC2119
        hotmem_events | tail -n 30
        cat "$HOTMEM_DIRECTORY/log"
        echo '--'
    fi
    kill -KILL "$HOTMEM_PROCESS" 2>/dev/null || true
    # The world's processes end with it, a moment later.
    local tries=1000 is_left=
    while kill -0 "$HOTMEM_PROCESS" || kill -0 "${HOTMEM_WORLD:-$HOTMEM_PROCESS}"; do
        if ((tries-- == 0)); then
            is_left=1
            break
        fi
        sleep 0.01
    done 2>/dev/null
    if [ -n "$is_left" ]; then
        echo "hotmem_stop: process $HOTMEM_PROCESS or ${HOTMEM_WORLD:-its world} does not end" >&2
        return 1
    fi
    rm -rf "$HOTMEM_DIRECTORY"
    unset HOTMEM_DIRECTORY HOTMEM_PROCESS HOTMEM_WORLD
}

# Runs a command in the machine's world, in the directory where one is. A program, not a function of the shell.
hotmem_run() {
    local user=()
    [ $# -gt 0 ] || { _hotmem_fail 'hotmem_run needs a command'; return; }
    _hotmem_is_there || return
    [ "$(readlink "/proc/$HOTMEM_WORLD/ns/user")" = "$(readlink /proc/self/ns/user)" ] ||
        user=(--user --preserve-credentials)
    # shellcheck disable=SC2016
    SYSTEMD_DEVICE_VERIFY_SYSFS=0 nsenter --target "$HOTMEM_WORLD" "${user[@]}" --mount --pid --net \
        sh -c 'cd -- "$1" && shift && exec "$@"' hotmem_run "$PWD" "$@"
}

# Where the machine's tree is for programs outside of its world: `lsmem --sysroot "$(hotmem_root)"`. For root only.
hotmem_root() {
    _hotmem_is_there || return
    if ! [ -r "/proc/$HOTMEM_WORLD/root/sys/devices/system/memory/block_size_bytes" ]; then
        _hotmem_fail 'the tree cannot be seen from outside of its world' 'that takes root; hotmem_run does not'
        return
    fi
    echo "/proc/$HOTMEM_WORLD/root"
}

# Gives a line to one of the controls: hotmem_control dimm 'plug id=d1 size=256M node=1' (see hotmem-controls(7)).
hotmem_control() {
    [ $# -eq 2 ] || { _hotmem_fail 'hotmem_control needs the name of a control, and a line'; return; }
    # shellcheck disable=SC2016
    hotmem_run sh -c '/bin/echo "$1" > "/sys/kernel/debug/hotmem/$0"' "$1" "$2"
}

# Adds memory blocks, by number.
hotmem_probe() {
    local block size
    [ $# -gt 0 ] || { _hotmem_fail 'hotmem_probe needs numbers of blocks'; return; }
    for block in "$@"; do
        [[ $block =~ ^(0|[1-9][0-9]*)$ ]] || { _hotmem_fail "hotmem_probe: not the number of a block: $block"; return; }
    done
    size=$(_hotmem_read /sys/devices/system/memory/block_size_bytes) || return
    for block in "$@"; do
        # shellcheck disable=SC2016
        hotmem_run sh -c '/bin/echo "$0" > /sys/devices/system/memory/probe' \
            "$(printf '0x%x' $((block * 0x$size)))" || return
    done
}

# What happened to the machine, a line each, with the options of `hotmem events`.
# shellcheck disable=SC2120
hotmem_events() { hotmem_run "$HOTMEM" events "$@"; }

# Repeats an assertion until it holds, for so many seconds: hotmem_within 5 assert_block_state 40 online. For what a
# daemon or a udev rule does in its own time.
hotmem_within() {
    local end said
    if [ $# -lt 2 ] || ! [[ $1 =~ ^[0-9]+$ ]]; then
        _hotmem_fail 'hotmem_within needs whole seconds, and a command' "given : $*"
        return
    fi
    end=$((SECONDS + 10#$1)) && shift
    until said=$("$@" 2>&1); do
        if ((SECONDS > end)); then
            printf '%s\n' "$said" >&2
            return 1
        fi
        sleep 0.05
    done
}

# A block is there, and in this state: assert_block_state 40 online.
assert_block_state() { assert_attribute "/sys/devices/system/memory/memory$1/state" "$2"; }

# A block is not there.
assert_no_block() {
    [[ ${1:-} =~ ^[0-9]+$ ]] || { _hotmem_fail 'assert_no_block needs the number of a block' "given : $*"; return; }
    if hotmem_run test -e "/sys/devices/system/memory/memory$1"; then
        _hotmem_fail "memory$1 is there" "state : $(_hotmem_read "/sys/devices/system/memory/memory$1/state")"
    fi
}

# A file of the machine says this: assert_attribute /sys/devices/system/node/online 0-1.
assert_attribute() {
    local actual
    if ! actual=$(_hotmem_read "$1" 2>&1); then
        _hotmem_fail "$1 cannot be read" "expected : $2" "error    : $actual"
    elif [ "$actual" != "$2" ]; then
        _hotmem_fail "$1 differs" "expected : $2" "actual   : $actual"
    fi
}

# Something happened: an extended regular expression that a line of hotmem_events matches, which begin with the kind or,
# of states, with the block.
assert_event() {
    local HOTMEM_EVENTS HOTMEM_FOUND status=0
    _hotmem_look_for "$@" || status=$?
    [ $status -ne 1 ] || _hotmem_fail 'no such event' "expected : $1" "events   :" "$HOTMEM_EVENTS"
    [ $status -eq 0 ]
}

# Nothing of the kind happened.
refute_event() {
    local HOTMEM_EVENTS HOTMEM_FOUND status=0
    _hotmem_look_for "$@" || status=$?
    [ $status -ne 0 ] || _hotmem_fail 'an event that should not be' "not expected : $1" "events       :" "$HOTMEM_FOUND"
    [ $status -eq 1 ]
}

# Sets HOTMEM_EVENTS to what happened, and HOTMEM_FOUND to those of its lines that match an expression. 1 if there is none,
# 2 if that cannot be told, which it says.
_hotmem_look_for() {
    local status=0
    if [ $# -ne 1 ] || [ -z "$1" ]; then
        _hotmem_fail 'an event is given by one regular expression' "given : $*" || return 2
    fi
    HOTMEM_EVENTS=$(_hotmem_happenings) || return 2
    # Nothing has no lines, not an empty one.
    HOTMEM_FOUND=$(printf '%s' "$HOTMEM_EVENTS" | grep -E -e "$1") || status=$?
    [ $status -lt 2 ] || _hotmem_fail 'not a regular expression' "expression : $1"
    return $status
}

# The process below $1 that has the number $2 in its own pid namespace.
_hotmem_find() {
    # A process may be gone by the time its file is opened.
    cat /proc/[0-9]*/status 2>/dev/null | awk -v top="$1" -v inner="$2" '
        $1 == "Pid:" { pid = $2 }
        $1 == "PPid:" { parent[pid] = $2 }
        $1 == "NSpid:" && NF > 2 && $NF == inner { found[pid] }
        END { for (pid in found) if (parent[parent[pid]] == top) print pid }'
}

# The events without number and time, which are never the same.
# shellcheck disable=SC2119
_hotmem_happenings() {
    local events
    events=$(hotmem_events) && cut -d ' ' -f 3- <<<"$events"
}

_hotmem_read() { hotmem_run cat "$1"; }

_hotmem_is_there() {
    if ! kill -0 "${HOTMEM_WORLD:-none}" 2>/dev/null; then
        _hotmem_fail 'no machine' 'first: hotmem_start'
    fi
}

_hotmem_unavailable() {
    [ -z "${HOTMEM_REQUIRE:-}" ] || { _hotmem_fail 'hotmem cannot run here' "$1" 'HOTMEM_REQUIRE is set'; return; }
    skip "hotmem cannot run here: $1"
}

# Says what is wrong, as bats-assert does, and fails.
_hotmem_fail() {
    printf '\n-- %s --\n' "$1" >&2
    shift
    printf '%s\n' "$@" -- >&2
    return 1
}
