# SPDX-License-Identifier: Apache-2.0
"""Counts the requests that the kernel sends to a daemon, by what is asked for.

strace(1) shows what the daemon reads; that is a request if it begins with its own length (struct fuse_in_header). So
nothing in the daemon has to count, and what it is made with does not matter."""
import collections, os, re, shutil, subprocess, tempfile, time

OPCODES = {
    1: "lookup", 2: "forget", 3: "getattr", 4: "setattr", 5: "readlink", 14: "open", 15: "read", 16: "write",
    17: "statfs", 18: "release", 22: "getxattr", 23: "listxattr", 25: "flush", 26: "init", 27: "opendir",
    28: "readdir", 29: "releasedir", 34: "access", 36: "interrupt", 39: "ioctl", 40: "poll", 42: "forget",
    44: "readdirplus", 46: "lseek", 52: "statx",
}
# The kernel says these when it likes, mostly when it lacks memory, and waits for no answer.
ASIDE = {"forget", "interrupt"}
READ = re.compile(r'\bread(?:\(\d+, | resumed>)"((?:\\x[0-9a-f]{2}){8})"(?:\.\.\.)?, \d+\) += (\d+)')


def count(pids, command):
    """How many requests of each kind a command causes."""
    if not shutil.which("strace"):
        raise RuntimeError("strace is missing")
    with tempfile.TemporaryDirectory(prefix="hotmem-bench-") as directory:
        log = os.path.join(directory, "log")
        # -x would leave letters as they are.
        tracer = subprocess.Popen(["strace", "-f", "-xx", "-s", "8", "-e", "trace=read", "-o", log]
                                  + [word for pid in pids for word in ("-p", str(pid))], stderr=subprocess.PIPE, text=True)
        try:
            while "attached" not in (line := tracer.stderr.readline()):
                if not line:
                    raise RuntimeError("strace may not look at the daemon")
            # What was asked before may still be on its way, as releases are after the command's end.
            time.sleep(0.3)
            before = parse(log)
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            time.sleep(0.3)
        finally:
            tracer.terminate()
            tracer.communicate()
        return parse(log) - before


def parse(log):
    found = collections.Counter()
    if os.path.exists(log):
        with open(log) as file:
            for match in map(READ.search, file):
                header = match and bytes.fromhex(match[1].replace("\\x", ""))
                if header and int.from_bytes(header[:4], "little") == int(match[2]):
                    opcode = int.from_bytes(header[4:], "little")
                    found[OPCODES.get(opcode, str(opcode))] += 1
    return found
