// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// A copy of a machine's files that the tests bring.
private let copies = ["s390-zvm-6g", "x86_64-16g"]

private func archive(_ name: String) throws -> String {
    try #require(Bundle.module.url(forResource: "Captures/\(name).tar.bz2", withExtension: nil)).path
}

/// lsmem's options, each of which shows the tree in another way.
private let lsmemOptions = [
    "", "--all", "--bytes", "--json", "--pairs", "--raw", "--noheadings", "--output-all", "--all --output-all",
    "--json --bytes --all --output-all", "--summary", "--summary=only", "--summary=never", "--summary=always",
    "--split STATE", "--split none", "--split ZONES", "--split REMOVABLE,NODE", "--split=STATE,REMOVABLE",
    "--output RANGE,SIZE --split none", "--all --output RANGE,SIZE,STATE,REMOVABLE,BLOCK,NODE,ZONES",
]

/// Copies of machines that nobody has: what only they have is a file of its own.
private let makeCopies = """
    copy() { memory=$1/sys/devices/system/memory; mkdir -p $memory; echo $2 > $memory/block_size_bytes; }
    block() {
        mkdir $memory/memory$1; echo online > $memory/memory$1/state; printf '%08x\\n' $1 > $memory/memory$1/phys_index
        echo $2 > $memory/memory$1/valid_zones; echo 1 > $memory/memory$1/removable
        ln -s ../../node/node$3 $memory/memory$1/node$3
    }
    # An arm64 machine with pages of 16 KiB: memory begins at 1 TiB, block 8192.
    copy arm64 8000000
    for n in $(seq 8192 8255); do block $n Normal 0; done
    # The first block without a node, and one on two.
    copy nodes 8000000
    block 0 none 0; rm $memory/memory0/node0
    for n in $(seq 1 15); do block $n DMA32 0; done
    for n in $(seq 16 31); do block $n DMA32 1; done
    ln -s ../../node/node0 $memory/memory16/node0
    # Files of a kernel to come.
    copy future 8000000
    for n in $(seq 0 15); do block $n DMA32 0; echo $n > $memory/memory$n/weight; mkdir $memory/memory$n/tier; done
    echo 1 > $memory/crash_hotplug; mkdir $memory/tiers; ln -s ../memory3 $memory/tiers/slow
    # Offline, and in the middle of going there.
    copy states 8000000
    for n in $(seq 0 15); do block $n DMA32 0; done
    for n in $(seq 32 47); do block $n Movable 0; done
    echo offline > $memory/memory40/state; echo 'Movable Normal' > $memory/memory40/valid_zones
    echo going-offline > $memory/memory41/state
    """

@Suite struct `A captured machine` {
    /// Captures a copy and looks whether the machine that boots from it shows the same.
    private func compare(copy: String, from source: String, in scratch: Scratch) throws {
        let file = scratch.path + "/m.toml"
        let captured = try scratch.hotmem(["capture", "--sysroot", source, file])
        #expect(captured.succeeded, "\(captured)")
        let exported = try scratch.hotmem(["export", "--machine", file, scratch.path + "/export"])
        #expect(exported.succeeded && exported.output.isEmpty && exported.errors.isEmpty, "\(exported)")
        let difference = try scratch.program(["diff", "-r", "--no-dereference", copy, scratch.path + "/export"]).run()
        #expect(difference.succeeded, "\(difference)")

        // One world for all options: what is printed comes between marks.
        let lines = lsmemOptions.map { "echo \"== \($0)\"; lsmem \($0) $1; echo $?" }.joined(separator: "\n")
        let onCopy = try scratch.program(["sh", "-c", lines, "sh", "--sysroot=\(copy)"]).run()
        let onMachine = try scratch.hotmem(["run", "--machine", file, "--", "sh", "-c", lines])
        let printed = onMachine.output.components(separatedBy: "== ")
        for (want, got) in zip(onCopy.output.components(separatedBy: "== "), printed) { #expect(want == got) }
        #expect(printed.count == lsmemOptions.count + 1, "\(onMachine)")
        try FileManager.default.removeItem(atPath: scratch.path + "/export")
    }

    @Test(arguments: copies)
    func `is read by lsmem as the copy it was made of, and exported as that copy`(name: String) throws {
        try Scratch.with { scratch in
            let unpacked = try scratch.directory("copy")
            let tar = try scratch.program(["tar", "-xf", try archive(name), "-C", unpacked]).run()
            try #require(tar.succeeded, "\(tar)")
            try compare(copy: "\(unpacked)/\(name)", from: try archive(name), in: scratch)
            try compare(copy: "\(unpacked)/\(name)", from: "\(unpacked)/\(name)", in: scratch)
        }
    }

    @Test(arguments: ["arm64", "nodes", "future", "states"])
    func `may be one that nobody has`(name: String) throws {
        try Scratch.with { scratch in
            let made = try scratch.program(["bash", "-ec", makeCopies]).run()
            try #require(made.succeeded, "\(made)")
            try compare(copy: "\(scratch.path)/\(name)", from: "\(scratch.path)/\(name)", in: scratch)
        }
    }

    @Test func `can be changed, and says what the simulator says from then on`() throws {
        try Scratch.with { scratch in
            let file = scratch.path + "/m.toml"
            #expect(try scratch.hotmem(["capture", "--sysroot", try archive("x86_64-16g"), file]).succeeded)
            let ended = try scratch.hotmem([
                "run", "--machine", file, "--", "sh", "-c",
                """
                cd /sys/devices/system/memory
                chmem -d -b 34; chmem -d -b 53; cat memory53/state memory53/valid_zones memory54/removable
                chmem -e -b 53; cat memory53/state; ls memory53
                """,
            ])
            #expect(
                ended.output == """
                    offline
                    Normal Movable
                    0
                    online
                    node0
                    online
                    phys_device
                    phys_index
                    power
                    removable
                    state
                    subsystem
                    uevent
                    valid_zones

                    """, "\(ended)")
            // What was not removable then does not go now.
            #expect(ended.errors.contains("34"), "\(ended)")
        }
    }

    @Test func `may be of an archive made of a live tree, each file of which tar fills up`() throws {
        try mounted("two-nodes") { scratch, place in
            // tar says that the files shrank, and ends with 1.
            _ = try scratch.program(
                ["tar", "-cf", "live.tar", "-C", place, "sys/devices/system/memory", "sys/devices/system/node"]
            ).run()
            let captured = try scratch.hotmem(["capture", "--sysroot", "live.tar", "m.toml"])
            #expect(captured.succeeded, "\(captured)")
            let lsmem = try scratch.program(["lsmem", "--output-all", "--sysroot", place]).run()
            let again = try scratch.hotmem(["run", "--machine", "m.toml", "--", "lsmem", "--output-all"])
            #expect(again.output == lsmem.output, "\(again)")
        }
    }

    @Test func `may be a simulated one, mounted`() throws {
        try mounted("two-nodes") { scratch, place in
            let file = scratch.path + "/m.toml"
            let captured = try scratch.hotmem(["capture", "--json", "--sysroot", place, file])
            #expect(captured.succeeded, "\(captured)")
            // The machine that is found is the one that is mounted.
            #expect(captured.errors.contains("\"kept\": 0,"), "\(captured)")
        }
    }

    @Test func `of a world is that world's machine`() throws {
        let ended = try world(shell: "hotmem capture m.toml; grep -E '^(abi|arch|page_size)' m.toml", on: "s390x")
        #expect(ended.output == "abi = \"linux-6.1\"\narch = \"s390x\"\n", "\(ended)")
    }

    @Test func `leaves no temporary directory, whatever is in the archive and whoever ends it`() throws {
        try Scratch.with { scratch in
            let made = try scratch.program(
                [
                    "bash", "-ec",
                    """
                    mkdir -p odd/sys/devices/system/memory; touch "odd/sys/$(printf 'x\\xff')"; tar -cf odd.tar odd
                    mkdir -p a:b; tar -cf a:b.tar a:b --force-local; mkdir tmp; mkfifo pipe
                    """,
                ]).run()
            #expect(made.succeeded, "\(made)")
            for name in ["odd.tar", "a:b.tar"] {
                var program = scratch.program([try Installation.shared.hotmem, "capture", "--sysroot", name])
                program.environment["TMPDIR"] = scratch.path + "/tmp"
                let ended = try program.run()
                #expect(ended.ending == .exited(2) && ended.errors.contains(name), "\(ended)")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/tmp").isEmpty)
        }
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGKILL])
    func `leaves no temporary directory where a signal ends it, nor tar at work`(number: Int32) throws {
        try Scratch.with { scratch in
            let words = ["capture", "--sysroot", try archive("x86_64-16g"), "c.toml"]
            var count = 0
            for delay in ["0", "0.02", "0.04"] {
                let ended = try interrupted(words, by: number, after: delay, scratch)
                guard !ended.output.hasPrefix("0 ") else { continue }
                #expect(ended.output == "-\(number) ['tmp']\n" && ended.errors.isEmpty, "\(ended)")
                count += 1
            }
            #expect(count > 0)
        }
    }

    @Test func `does not take the place of what it is of`() throws {
        try Scratch.with { scratch in
            let script = """
                cp "$0" a.tar.bz2; hotmem capture --sysroot a.tar.bz2 a.tar.bz2; echo $?; cmp "$0" a.tar.bz2
                hotmem export --machine s390x copy; cp copy/proc/meminfo meminfo
                hotmem capture --sysroot copy copy/proc/meminfo; echo $?; cmp meminfo copy/proc/meminfo
                for again in 1 2; do hotmem capture --sysroot copy copy/m.toml 2> said || cat said; done; ls copy
                """
            let ended = try scratch.program(["sh", "-c", script, try archive("s390-zvm-6g")]).run()
            #expect(ended.output == "2\n2\nm.toml\nproc\nsys\n" && ended.errorLines.count == 2, "\(ended)")
            for name in ["a.tar.bz2", "copy/proc/meminfo"] {
                #expect(ended.errors.contains("hotmem: \(name): is read for"), "\(ended)")
            }
        }
    }

    @Test func `is written to standard output, with a report as JSON`() throws {
        try Scratch.with { scratch in
            let ended = try scratch.hotmem(["capture", "--json", "--sysroot", try archive("s390-zvm-6g")])
            #expect(ended.succeeded, "\(ended)")
            #expect(
                ended.output.hasPrefix("# A capture of ") && ended.output.contains("\narch = \"s390x\"\n"), "\(ended)")
            #expect(
                ended.errors.hasPrefix("{\"summary\": \"captured: s390x, 6 GiB in 24 blocks of 256 MiB\", "), "\(ended)"
            )
        }
    }

    @Test func `is refused with the file and the line where there is none`() throws {
        try Scratch.with { scratch in
            let bytes = try Data(contentsOf: URL(fileURLWithPath: try archive("x86_64-16g")))
            try bytes.prefix(4000).write(to: URL(fileURLWithPath: scratch.path + "/cut.tar.bz2"))
            _ = try scratch.file("noise.tar", "not an archive at all\n")
            let cut = try scratch.program(
                ["sh", "-c", "bunzip2 -c \"$0\" | head -c 1024000 > plain.tar", try archive("x86_64-16g")]
            ).run()
            #expect(cut.succeeded, "\(cut)")
            _ = try scratch.directory("wrong/sys/devices/system/memory/memory0")
            _ = try scratch.file("wrong/sys/devices/system/memory/block_size_bytes", "8000000\n")
            _ = try scratch.file("wrong/sys/devices/system/memory/memory0/state", "up\n")
            _ = try scratch.directory("empty")
            // Two names that are one to who does not look at bytes.
            for name in ["e\u{301}", "\u{e9}"] { _ = try scratch.directory("names/sys/bad/\(name)") }
            _ = try scratch.directory("names/sys/devices/system/memory")
            let cases = [
                ("plain.tar", "plain.tar: cannot be unpacked: it ends within what it holds"),
                ("cut.tar.bz2", "cut.tar.bz2: cannot be unpacked: "), ("noise.tar", "noise.tar: cannot be unpacked: "),
                ("empty", "empty: no sys/devices/system/memory in it"),
                ("missing", "missing: No such file or directory"), ("/dev/null", "/dev/null: neither a directory nor"),
                ("", "--sysroot \"\": name a directory"), ("names", "names/sys/bad"),
                ("wrong", "wrong: sys/devices/system/memory/memory0/state:1: \"up\" is no state of a memory block"),
            ]
            for (name, begin) in cases {
                let ended = try scratch.hotmem(["capture", "--sysroot", name, "m.toml"])
                #expect(ended.ending == .exited(2), "\(ended)")
                #expect(ended.errors.hasPrefix("hotmem: \(begin)"), "\(ended)")
                #expect(ended.errors.split(separator: "\n").count == 1, "\(ended)")
                #expect(!FileManager.default.fileExists(atPath: scratch.path + "/m.toml"))
            }
        }
    }
}

@Suite struct `This machine, captured` {
    /// Compares the host's files with a mounted capture of it, and says how many there are of which kind.
    ///
    /// Counters that go on all the time are compared with what the capture holds.
    private static let script = """
        import os, re, sys, tomllib
        place, machine = sys.argv[1], sys.argv[2]
        live = re.compile(r'/(meminfo|vmstat|numastat|free_hugepages)$')
        kept = {}
        for table in tomllib.load(open(machine, 'rb')).get('file', []):
            kept[table['path']] = table.get('text')
        def read(path):
            try:
                with open(path, 'rb', buffering=0) as file: return file.read(1 << 20)
            except OSError as error: return error.errno
        same, wrong = 0, []
        for top in ('/sys/devices/system/memory', '/sys/devices/system/node'):
            for directory, names, files in os.walk(top):
                if sorted(names + files) != sorted(os.listdir(place + directory)): wrong.append(directory)
                for name in names + files:
                    path = os.path.join(directory, name)
                    here, there = os.lstat(path), os.lstat(place + path)
                    if here.st_mode != there.st_mode: wrong.append(path + ' mode')
                    if os.path.islink(path):
                        if os.readlink(path) != os.readlink(place + path): wrong.append(path)
                        same += 1
                    elif name in files:
                        want = kept.get(path).encode() if live.search(path) and path in kept else read(path)
                        if want != read(place + path): wrong.append(path)
                        same += 1
        print(len(wrong), 'of', same, *wrong[:5])
        """

    @Test func `shows each attribute as the kernel does`() throws {
        try #require(
            FileManager.default.fileExists(atPath: "/sys/devices/system/memory/block_size_bytes"),
            "this machine's kernel has no memory blocks")
        try Scratch.with { scratch in
            let (file, place) = (scratch.path + "/m.toml", try scratch.directory("tree"))
            let captured = try scratch.hotmem(["capture", file])
            #expect(captured.succeeded, "\(captured)")
            #expect(try scratch.hotmem(["mount", "--machine", file, place]).succeeded)
            let compared = try scratch.program(["python3", "-c", Self.script, place, file]).run()
            let words = compared.output.split(separator: " ")
            #expect(words.first == "0" && words.count > 2 && (Int(words[2].dropLast()) ?? 0) > 50, "\(compared)")
        }
    }

    @Test func `can be captured by everyone`() throws {
        try Scratch.with { scratch in
            let file = scratch.path + "/m.toml"
            let captured = try scratch.hotmem(["capture", file], by: .nobody)
            #expect(captured.succeeded, "\(captured)")
            let host = try scratch.program(["lsmem", "--all", "--output-all"]).run()
            let machine = try scratch.hotmem(
                ["run", "--machine", file, "--", "lsmem", "--all", "--output-all"], by: .nobody)
            #expect(machine.output == host.output && machine.succeeded, "\(machine)")
        }
    }
}

/// Has a signal end hotmem some seconds after it has begun to make something, in the current directory or in tmp, its temporary
/// one. Its output: the status, and what is there then.
private func interrupted(
    _ words: [String], by number: Int32, after delay: String, _ scratch: Scratch
) throws -> Ended {
    let program = """
        import os, resource, subprocess, sys, time
        number, delay, *words = sys.argv[1:]
        os.makedirs("tmp", exist_ok=True)
        def found():
            return sorted(os.path.join(place, name)[2:] for place, *both in os.walk(".") for names in both for name in names)
        before = found()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        hotmem = subprocess.Popen(["hotmem", *words], env={**os.environ, "TMPDIR": "tmp"})
        # Killed before there is somebody to remove a directory, hotmem leaves an empty one: there has to be something in it.
        def has_begun(): return found() != before if int(number) != 9 else any(name.count("/") > 1 for name in found())
        while not has_begun() and hotmem.poll() is None: time.sleep(0.001)
        time.sleep(float(delay))
        hotmem.send_signal(int(number))
        status = hotmem.wait()
        while int(number) == 9 and found() != before: time.sleep(0.01)
        print(status, found())
        """
    return try scratch.program(["python3", "-c", program, "\(number)", delay] + words).run()
}

@Suite struct `An export` {
    @Test func `is of the machine that runs, as it is now`() throws {
        try Scratch.with { scratch in
            let ended = try scratch.hotmem([
                "run", "--", "sh", "-c",
                "chmem -d -b 33 && hotmem export after && cat /sys/devices/system/memory/memory33/valid_zones",
            ])
            #expect(ended.succeeded, "\(ended)")
            let memory = scratch.path + "/after/sys/devices/system/memory"
            #expect(Host.text(memory + "/memory33/state") == "offline\n")
            #expect(Host.text(memory + "/memory33/valid_zones") == ended.output)
            #expect(!FileManager.default.fileExists(atPath: scratch.path + "/after/sys/kernel"))
            #expect(Host.text(scratch.path + "/after/proc/meminfo").hasPrefix("MemTotal:"))
        }
    }

    @Test func `needs no mount, and is what a mounted tree would be`() throws {
        try mounted("two-nodes") { scratch, place in
            #expect(try scratch.hotmem(["export", "--machine", "two-nodes", "booted"]).succeeded)
            let fromMount = try scratch.hotmem(["export", "--root", place, "mounted"])
            #expect(fromMount.succeeded, "\(fromMount)")
            let same = try scratch.program(["diff", "-r", "--no-dereference", "booted", "mounted"]).run()
            #expect(same.succeeded, "\(same)")
            let lsmem = "lsmem --output-all --sysroot "
            let printed = try scratch.program(["sh", "-c", lsmem + "booted; \(lsmem) \(place)"]).run()
            let halves = printed.output.components(separatedBy: "RANGE")
            #expect(halves.count == 3 && halves[1] == halves[2], "\(printed)")
        }
    }

    @Test func `of a capture into an archive is the archive's content again`() throws {
        try Scratch.with { scratch in
            #expect(try scratch.hotmem(["capture", "--sysroot", try archive("s390-zvm-6g"), "m.toml"]).succeeded)
            let exported = try scratch.hotmem(["export", "--machine", "m.toml", "--tar", "again.tar.gz"])
            #expect(exported.succeeded, "\(exported)")
            #expect(try scratch.hotmem(["capture", "--sysroot", "again.tar.gz", "again.toml"]).succeeded)
            // But for the line that says what it was made of.
            let lines = { Host.text(scratch.path + "/" + $0).split(separator: "\n").dropFirst() }
            #expect(lines("m.toml") == lines("again.toml") && !lines("m.toml").isEmpty)
        }
    }

    @Test(arguments: Caller.allCases)
    func `an archive is whole, or what was there stays`(caller: Caller) throws {
        try Scratch.with { scratch in
            _ = try scratch.directory("there")
            let script = """
                cd there; echo precious > a.tar.gz; hotmem export --machine ppc64 --tar a.tar.gz; tar -tf a.tar.gz | wc -l
                hotmem export --machine ppc64 tree; find tree -mindepth 1 | wc -l
                echo precious > b.tar; (trap '' XFSZ; ulimit -f 1; hotmem export --machine ppc64 --tar b.tar); cat b.tar; ls -A
                """
            let ended = try scratch.program(["sh", "-c", script], by: caller).run()
            let lines = ended.output.split(separator: "\n")
            #expect(lines.count == 6 && lines.first == lines.dropFirst().first, "\(ended)")
            #expect(lines.dropFirst(2) == ["precious", "a.tar.gz", "b.tar", "tree"], "\(ended)")
        }
    }

    /// What is interrupted while it is written: a directory that is made, an empty one, and an archive.
    @Test(arguments: ["out", "empty", "--tar out.tar.gz"], [SIGINT, SIGTERM, SIGQUIT])
    func `that a signal ends leaves what was there`(place: String, number: Int32) throws {
        try Scratch.with { scratch in
            for name in ["empty", "tmp"] { _ = try scratch.directory(name) }
            let words = ["export", "--machine", "large-server"] + place.split(separator: " ").map(String.init)
            let ended = try interrupted(words, by: number, after: "0.01", scratch)
            #expect(ended.output == "-\(number) ['empty', 'tmp']\n" && ended.errors.isEmpty, "\(ended)")
        }
    }

    @Test func `that is interrupted ends, whatever its helpers do, and as the first process of a container, too`()
        throws
    {
        try Scratch.with { scratch in
            // What compresses for tar does not end by itself, and has stopped, as by ^Z.
            _ = try scratch.directory("bin")
            _ = try scratch.executable("bin/xz", "#!/bin/sh\nkill -STOP $$\nexec sleep 1000\n")
            let program = """
                import os, signal, subprocess, sys, time
                os.environ["PATH"] = os.getcwd() + "/bin:" + os.environ["PATH"]
                os.makedirs("tmp")
                def stopped():
                    for name in filter(str.isdecimal, os.listdir("/proc")):
                        try: text = open(f"/proc/{name}/stat").read()
                        except OSError: continue
                        if "(xz) T" in text and os.readlink(f"/proc/{name}/cwd") == os.getcwd(): return True
                for words in [[], ["unshare", "--pid", "--fork", "--mount-proc"]]:
                    hotmem = subprocess.Popen(words + ["hotmem", "export", "--machine", "default", "--tar", "x.tar.xz"],
                        env={**os.environ, "TMPDIR": "tmp"}, start_new_session=True)
                    while not stopped(): time.sleep(0.01)
                    if words:
                        inner = int(open(f"/proc/{hotmem.pid}/task/{hotmem.pid}/children").read().split()[0])
                        os.kill(inner, signal.SIGTERM)
                    else:
                        hotmem.terminate()
                    print(hotmem.wait(20), sorted(os.listdir(".")), os.listdir("tmp"))
                    while stopped(): time.sleep(0.01)
                """
            let ended = try scratch.program(["python3", "-c", program]).run()
            #expect(
                ended.output == "-15 ['bin', 'tmp'] []\n143 ['bin', 'tmp'] []\n" && ended.errors.isEmpty, "\(ended)")
        }
    }

    @Test func `takes another name for what is begun where that is taken`() throws {
        try Scratch.with { scratch in
            let script = """
                touch .hotmem.1.part
                unshare --pid --fork --mount-proc hotmem map --machine default --svg x.svg; echo $?; ls -A
                """
            let ended = try scratch.program(["sh", "-c", script]).run()
            #expect(ended.output == "0\n.hotmem.1.part\nx.svg\n", "\(ended)")
        }
    }

    @Test(arguments: Caller.allCases)
    func `that finds no space leaves what was there, and can be tried again`(caller: Caller) throws {
        try Scratch.with { scratch in
            _ = try scratch.directory("small")
            let script = """
                mount -t tmpfs -o size=400k,mode=777 none small; mkdir -m 777 small/empty
                as="$0"
                $as hotmem export --machine default small/out; echo $?
                $as hotmem export --machine default small/empty; echo $?
                find small | sort
                mount -o remount,size=40m small
                $as hotmem export --machine default small/out && $as hotmem export --machine default small/empty
                diff -r --no-dereference small/out small/empty && ls small/out
                """
            let user = caller == .nobody ? "setpriv --reuid 65534 --regid 65534 --clear-groups" : ""
            let ended = try scratch.program(["unshare", "--mount", "sh", "-c", script, user]).run()
            #expect(ended.output == "1\n1\nsmall\nsmall/empty\nproc\nsys\n", "\(ended)")
            #expect(ended.errorLines.count == 2, "\(ended)")
            #expect(ended.errorLines.allSatisfy { $0.hasSuffix(": No space left on device") }, "\(ended)")
            #expect(!ended.errors.contains(".hotmem"), "\(ended)")
        }
    }

    @Test(arguments: [
        (["--machine", "default", "a/b/c"], "hotmem: a/b/c: No such file or directory"),
        (["--machine", "default", "there"], "hotmem: there: not an empty directory"),
        (["--machine", "default", "--tar", "no/x.tar"], "hotmem: no/x.tar: No such file"),
        ([], "hotmem: Name a directory, or --tar FILE."),
        (["--root", "/", "--machine", "default", "x"], "hotmem: --root names a machine that runs"),
        (["--root", "/nowhere", "x"], "hotmem: /nowhere/sys/kernel/debug/hotmem/captured: No such"),
        (["x"], "hotmem: /sys/kernel/debug/hotmem/captured: No such"),
        (["--tar", "-"], "hotmem: An archive needs a name"),
    ])
    func `is refused where it cannot be written`(arguments: [String], begin: String) throws {
        try Scratch.with { scratch in
            _ = try scratch.directory("there/inside")
            let ended = try scratch.hotmem(["export"] + arguments)
            #expect(!ended.succeeded && ended.errors.contains(begin), "\(ended)")
            #expect(!FileManager.default.fileExists(atPath: scratch.path + "/x"))
        }
    }
}
