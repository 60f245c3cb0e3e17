# SPDX-License-Identifier: Apache-2.0
"""The daemon is killed at random moments, while clients read and write."""
import contextlib, multiprocessing, os, random, signal, tempfile, time

from loads import load
from support import settings
from support.mounts import mounted
from support.table import Row

CLIENTS = 8


class Client:
    """Who knows what of the machine is its own, and looks whether it is so."""
    def __init__(self, number, mount, rechecks):
        self.number, self.mount, self.rechecks = number, mount, rechecks
        self.random = random.Random(number)
        self.problems, self.done, self.serial = [], 0, 0
        self.held, self.state, self.plugged = set(), "online", False
        # The last client has no block, but a device that comes and goes with its node.
        self.block = 32 + number if number < CLIENTS - 1 else None

    def write(self, path, text):
        """0, or an errno."""
        descriptor = os.open(path, os.O_WRONLY)
        try:
            os.write(descriptor, text.encode())
            return 0
        except OSError as error:
            return error.errno
        finally:
            os.close(descriptor)

    def read(self, path):
        with open(path) as file:
            return file.read()

    def expect(self, what, found, wanted):
        # Who reads a kept file in the moment of a write may see part of that: the README says so, and to look again.
        for _ in range(self.rechecks):
            if found() == wanted:
                return
            time.sleep(0.02)
        if (last := found()) != wanted:
            self.problems.append(f"client {self.number}: {what} is {last}, not {wanted}"[:300])

    def did(self, what, errno):
        if errno:
            refused = [line for line in self.read(self.mount.control("events")).splitlines() if " refused " in line]
            self.problems.append(f"client {self.number}: {what}: {os.strerror(errno)}; {refused[-1:]}")
        return errno == 0

    def names(self):
        mine = f"c{self.number}-"
        words = (line.split(" ")[0].removeprefix("name=") for line in self.read(self.mount.control("workload")).splitlines())
        return {word for word in words if word.startswith(mine)}

    def step(self):
        choice = self.random.random()
        workload = self.mount.control("workload")
        if choice < .35:
            self.serial += 1
            name = f"c{self.number}-{self.serial}"
            if self.did(f"alloc {name}", self.write(workload, f"alloc name={name} kind=anon pages={self.random.randint(1, 40)}")):
                self.held.add(name)
        elif choice < .55 and self.held:
            name = self.random.choice(sorted(self.held))
            if self.did(f"free {name}", self.write(workload, f"free name={name}")):
                self.held.remove(name)
        elif choice < .8 and self.block:
            new = "offline" if self.state == "online" else "online"
            file = self.mount.path(f"memory{self.block}", "state")
            if self.did(f"{new} to memory{self.block}", self.write(file, new)):
                self.state = new
            self.expect(f"memory{self.block}", lambda: self.read(file).strip(), self.state)
        elif choice < .8:
            line = "unplug id=kills" if self.plugged else "plug id=kills size=128M node=1"
            if self.did(line, self.write(self.mount.control("dimm"), line)):
                self.plugged = not self.plugged
            node = self.mount.path("../node/node1")
            self.expect("node1", lambda: os.path.isdir(node), self.plugged)
            self.expect("memory80", lambda: "memory80" in os.listdir(self.mount.path()), self.plugged)
        elif choice < .92:
            self.expect("its workloads", self.names, self.held)
        else:
            os.listdir(self.mount.path())
            self.read(os.path.join(self.mount.place, "proc/zoneinfo"))
            self.read(self.mount.path(f"memory{self.random.randint(0, 39) % 24}", "valid_zones"))

    def run(self, stop, results):
        try:
            while not stop.value:
                self.step()
                self.done += 1
        except Exception as error:
            self.problems.append(f"client {self.number} ended: {error!r}"[:300])
        results.put((self.number, self.done, self.held, self.problems))


def server(mount):
    """The process that serves, and not one that helps it."""
    for pid in mount.daemons():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as words, open(f"/proc/{pid}/comm") as name:
            if b"--kept" in words.read().split(b"\0") and not name.read().startswith("hotmem-"):
                return pid
    return None


def kill(mount, times):
    """Kills one server after the other, each after a moment of its own."""
    moments, killed, last, end = random.Random(settings.seed), 0, None, time.monotonic() + 30 + times
    while killed < times and time.monotonic() < end:
        time.sleep(moments.uniform(0.001, 0.06))
        pid = server(mount)
        if pid is None or pid == last:
            continue
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed, last = killed + 1, pid
    return killed


def torture(caching, times):
    problems, done, finished, held = [], 0, 0, set()
    with tempfile.TemporaryDirectory(prefix="hotmem-torture-state-") as state:
        # The device's memory map, which cannot move, is not to lie in another client's block.
        own = "memory_hotplug.memmap_on_memory=1"
        with mounted("default", "--cmdline", own, "-o", caching, "--state", state) as mount:
            stop, results = multiprocessing.Value("i", 0), multiprocessing.Queue()
            clients = [Client(number, mount, 50 if caching == "cached" else 0) for number in range(CLIENTS)]
            running = [multiprocessing.Process(target=client.run, args=(stop, results), daemon=True) for client in clients]
            for process in running:
                process.start()
            killed = kill(mount, times)
            stop.value = 1
            with contextlib.suppress(Exception):
                for _ in clients:
                    _, steps, names, wrong = results.get(timeout=60)
                    finished, done, held, problems = finished + 1, done + steps, held | names, problems + wrong
            if finished < CLIENTS:
                problems.append(f"{CLIENTS - finished} clients wait still")
                os.kill(server(mount) or 0, signal.SIGTERM) if server(mount) else None
            else:
                words = {line.split(" ")[0].removeprefix("name=") for line in open(mount.control("workload"))}
                problems += [f"lost: {name}" for name in sorted(held - words)] + [f"came by itself: {name}" for name in sorted(words - held)]
                numbers = [int(line.split(" ")[0]) for line in open(mount.control("events"))]
                if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
                    problems.append("the events' numbers have gaps")
            if killed < times:
                problems.append(f"only {killed} could be killed")
    return Row.of(f"kill -9, {caching}", f"{killed} kills, {CLIENTS} clients, {done:,} operations", problems,
                  "every client finished, all that was confirmed is there, nothing out of date")


@load("kills")
def kills():
    times = settings.kills or (40 if settings.short else 500)
    for caching in ("exact", "cached"):
        yield torture(caching, times)
