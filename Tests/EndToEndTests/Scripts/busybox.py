# SPDX-License-Identifier: Apache-2.0
"""busybox's tools, against GNU's: the two have nothing in common but the files."""
import glob
import subprocess
import tempfile
from check import *
from facts import *

os.chdir("/sys/devices/system")
SCRATCH = os.environ["SCRATCH"] = tempfile.mkdtemp()
STATES = sorted(glob.glob("memory/memory*/state"))


def run(*words):
    ended = subprocess.run(words, capture_output=True)
    return ended.returncode, ended.stdout, ended.stderr


def same(*words):
    """Both end alike and print the same lines, in whatever order the directories are in."""
    left, right = run("busybox", *words), run(*words)
    lines = [sorted(line.split() for line in output.splitlines()) for _, output, _ in (left, right)]
    equal((words[0], left[0], lines[0]), (words[0], right[0], lines[1]))
    assert left[1], words


def test_reading():
    same("cat", *STATES, *glob.glob("node/node*/meminfo"))
    same("md5sum", *glob.glob("memory/memory*/valid_zones"), *glob.glob("node/node*/distance"))
    same("wc", *STATES)
    same("head", "-n", "3", "node/node0/meminfo")
    same("tail", "-n", "2", "node/node0/meminfo")
    same("head", "-c", "4", *STATES[:1])
    same("od", "-c", "memory/block_size_bytes")
    same("dd", f"if={STATES[0]}", "bs=1", "skip=2")
    same("sort", "-u", *STATES)
    same("sed", "-n", "s/.*MemTotal: *//p", *glob.glob("node/node*/meminfo"))
    same("awk", "/MemTotal/ { sum += $4 } END { print sum }", *glob.glob("node/node*/meminfo"))


def test_walking():
    for tests in [[], ["-type", "d"], ["-type", "l"], ["-type", "f", "-perm", "0200"], ["-type", "f", "-size", "+3k"],
                  ["-maxdepth", "1", "-name", "memory3?"], ["-name", "state", "-exec", "cat", "{}", "+"]]:
        same("find", "memory", "node", *tests)
    same("grep", "-rl", "online", "memory")
    same("grep", "-rc", "Movable", *glob.glob("memory/memory*/valid_zones"))
    same("ls", "-a", "memory", "memory/memory1", "node/node0")
    same("ls", "-1R", "memory/memory1", "node/node0")
    same("realpath", *glob.glob("node/node*/memory*"), *glob.glob("memory/memory*/subsystem"))
    for link in glob.glob("memory/memory3*/node*"):
        same("readlink", link)
    same("stat", "-c", "%a %s %h %u:%g", *STATES, *glob.glob("memory/memory*"), *glob.glob("memory/memory*/node*"))
    same("du", "-a", "memory")


def test_copying():
    for tool in ["busybox cp", "cp"]:
        place = f"{SCRATCH}/{tool}"
        run(*tool.split(), "-r", "memory/memory1", place)
        files = {os.path.relpath(path, place): text(path) for path in glob.glob(f"{place}/**", recursive=True)
                 if os.path.isfile(path)}
        for name in ["state", "online", "phys_index", "removable", "power/control"]:
            equal(files[name], text(f"memory/memory1/{name}"))


def test_writing():
    number, size = max(states()) + 1, block_size()
    equal(run("busybox", "sh", "-c", f"echo {number * size:#x} > memory/probe")[0], 0)
    path = f"memory/memory{number}/state"
    commands = {
        "echo online_movable > {}": "online", "echo offline | busybox tee {}": "offline",
        "printf online > {}": "online", "echo offline | busybox dd of={} conv=notrunc": "offline",
        "echo online >> {}": "online", "echo offline > $SCRATCH/word; busybox cp $SCRATCH/word {}": "offline",
    }
    for command, state in commands.items():
        equal((command, run("busybox", "sh", "-c", command.format(path))[0], text(path)), (command, 0, state + "\n"))


def test_refusals():
    number = within(states(), "online")[-2]
    write(f"{CONTROL}/workload", b"alloc name=pin kind=kernel block=%d pages=1" % number)
    for command, words in [
        (f"echo offline > memory/memory{number}/state", "Device or resource busy"),
        (f"echo online > memory/memory{number}/state", "Invalid argument"),
        (f"echo x > memory/memory{number}/valid_zones.new", "can't create"),
    ]:
        status, _, said = run("busybox", "sh", "-c", command)
        assert status != 0 and words in said.decode(), (command, status, said)
    for tool in ["rm", "mkdir", "rmdir"]:
        path = {"rm": STATES[0], "mkdir": "memory/x", "rmdir": "memory/memory1"}[tool]
        left, right = run("busybox", tool, path), run(tool, path)
        equal((left[0], left[2].decode().split(": ")[-1]), (right[0], right[2].decode().split(": ")[-1]))
        assert left[0] == 1
    write(f"{CONTROL}/workload", b"free name=pin")


main()
