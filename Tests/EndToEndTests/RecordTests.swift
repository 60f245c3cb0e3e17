// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The default machine with an older kernel.
private func oldMachine(_ scratch: Scratch) throws -> String {
    let text = try scratch.hotmem(["machine", "show", "default"]).output
    return try scratch.file("old.toml", text.replacing("abi = \"linux-6.1\"", with: "abi = \"linux-3.8\""))
}

@Suite struct `A recorded session` {
    private static let session = """
        chmem --disable 128M
        lsmem --all --output RANGE,STATE,ZONES
        cat /sys/devices/system/memory/probe /sys/devices/system/memory/memory99/state
        echo offline > /sys/devices/system/memory/memory33/state
        read line < /proc/zoneinfo && echo "$line"
        exit 3
        """

    @Test(arguments: Caller.allCases)
    func `is checked, and red on another machine`(caller: Caller) throws {
        try Scratch.with { scratch in
            let file = try scratch.directory("out") + "/s.jsonl"
            let plain = try scratch.hotmem(["run", "--", "sh", "-c", Self.session], by: caller)
            let ended = try scratch.hotmem(["record", "-o", file, "--", "sh", "-c", Self.session], by: caller)
            #expect(ended.ending == .exited(3), "\(ended)")
            #expect(ended.output == plain.output && ended.errors == plain.errors, "\(ended)")
            let check = try scratch.hotmem(["check", file], by: caller)
            #expect(check.succeeded && check.output.hasSuffix(" operations, as recorded\n"), "\(check)")
            let lines = Host.text(file).split(separator: "\n")
            let memory = "/sys/devices/system/memory"
            for line in [
                #"{"op":"R \#(memory)/probe","errno":13,"at":"open"}"#, #"{"op":"S \#(memory)/memory99","errno":2}"#,
                #"{"op":"W \#(memory)/memory33/state offline","errno":0,"ret":8}"#,
            ] { #expect(lines.contains { $0 == line }, "\(line)") }
            #expect(lines.contains { $0.hasPrefix(#"{"op":"R /proc/zoneinfo","#) && $0.hasSuffix(#","more":true}"#) })

            let other = try scratch.hotmem(["check", "--cmdline", "kernelcore=1G", file], by: caller)
            #expect(other.ending == .exited(1), "\(other)")
            #expect(other.output.contains("read \(memory)/memory39/valid_zones\n  - Normal\n  + Movable\n"), "\(other)")
            let old = try scratch.hotmem(["check", "--machine", try oldMachine(scratch), file], by: caller)
            #expect(old.ending == .exited(1) && old.output.contains(memory), "\(old)")
            let all = try scratch.hotmem(["check", "--keep-going", "--cmdline", "kernelcore=1G", file], by: caller)
            #expect(all.output.count > other.output.count && !all.output.contains("--keep-going"), "\(all)")
        }
    }

    @Test func `stands alone, with a machine of one's own`() throws {
        try Scratch.with { scratch in
            let machine = try scratch.file(
                "mine.toml", "memory = [{ first = 0, size = \"1G\" }]\nblock_size = \"256M\"\n")
            let ended = try scratch.hotmem([
                "record", "--machine", machine, "--cmdline", "quiet", "--", "sh", "-c",
                "cat /proc/cmdline /sys/devices/system/memory/block_size_bytes",
            ])
            #expect(ended.output == "quiet\n10000000\n", "\(ended)")
            try FileManager.default.removeItem(atPath: machine)
            let check = try scratch.hotmem(["check", "hotmem.jsonl"])
            #expect(check.output == "hotmem.jsonl: 2 operations, as recorded\n", "\(check)")
        }
    }

    @Test func `has what static programs, listeners and several processes did`() throws {
        try Scratch.with { scratch in
            let script = """
                busybox cat /sys/devices/system/memory/memory33/state
                for block in 40 41 42 43; do
                    (printf '0x%x' $((block << 27)) > /sys/devices/system/memory/probe
                     echo online > /sys/devices/system/memory/memory$block/state) &
                done
                wait
                cat /sys/devices/system/memory/memory4[0-3]/valid_zones
                """
            let ended = try scratch.hotmem(["record", "--udev", "-o", "s.jsonl", "--", "sh", "-c", script])
            #expect(ended.succeeded, "\(ended)")
            let text = Host.text(scratch.path + "/s.jsonl")
            #expect(text.components(separatedBy: "[\"add@/devices/system/memory/memory").count == 5, "\(text)")
            let check = try scratch.hotmem(["check", "s.jsonl"])
            #expect(check.succeeded, "\(check)")
        }
    }

    @Test func `has writes that waited, and what ended that`() throws {
        try Scratch.with { scratch in
            let script = """
                cd /sys/devices/system/memory
                echo 0x140000000 > probe
                echo online_movable > memory40/state
                workload=/sys/kernel/debug/hotmem/workload
                echo 'alloc name=db kind=anon pages=100 block=40' > $workload
                echo 'pin name=db pages=1' > $workload
                going() { until [ "$(cat memory40/state)" = going-offline ]; do sleep 0.01; done; }
                env --default-signal sh -c 'echo offline > memory40/state' & writer=$!
                going
                kill -INT $writer
                wait
                (echo offline > memory40/state; echo done) &
                going
                cat memory40/online &
                sleep 0.1
                echo 'unpin name=db' > $workload
                wait
                """
            let ended = try scratch.hotmem(["record", "-o", "s.jsonl", "--", "dash", "-c", script])
            #expect(ended.succeeded && ended.output.contains("done\n"), "\(ended)")
            let text = Host.text(scratch.path + "/s.jsonl")
            for part in [
                "state offline\",\"waits\":1}\n", "{\"op\":\"I 1\"}\n{\"op\":\"A 1\",\"errno\":4,\"ret\":-1}\n",
                "state offline\",\"waits\":2}\n", "{\"op\":\"A 2\",\"errno\":0,\"ret\":8}\n",
            ] { #expect(text.contains(part), "\(part) in \(text)") }
            let check = try scratch.hotmem(["check", "s.jsonl"])
            #expect(check.succeeded, "\(check)")
        }
    }

    @Test func `is reported as JUnit's XML, as TAP and as JSON`() throws {
        try Scratch.with { scratch in
            _ = try scratch.hotmem(["record", "-o", "a&\"<b>.jsonl", "--", "lsmem"])
            _ = try scratch.file("cut.jsonl", "{\"machine\":\"default\"")
            let arguments = ["check", "--cmdline", "kernelcore=1G", "--junit", "r.xml", "--tap"]
            let tap = try scratch.hotmem(arguments + ["a&\"<b>.jsonl", "cut.jsonl"])
            #expect(tap.ending == .exited(2), "\(tap)")
            let lines = tap.output.split(separator: "\n")
            #expect(
                lines.prefix(4) == ["TAP version 14", "1..2", "not ok 1 - a&\"<b>.jsonl", "  ---"]
                    && lines.contains("not ok 2 - cut.jsonl") && lines.last == "  ...", "\(tap)")
            #expect(tap.errors.hasPrefix("hotmem: cut.jsonl:1: "), "\(tap)")
            let script = """
                import sys, xml.etree.ElementTree as tree
                root = tree.parse("r.xml").getroot()
                print(root.tag, root.get("tests"), root.get("failures"), root.get("errors"))
                for case in root.iter("testcase"):
                    print(case.get("name"), [(child.tag, "valid_zones" in (child.text or "")) for child in case])
                """
            let xml = try scratch.program(["python3", "-c", script]).run()
            #expect(
                xml.output == """
                    testsuites 2 1 1
                    a&"<b>.jsonl [('failure', True)]
                    cut.jsonl [('error', False)]

                    """, "\(xml)")
            let json = try scratch.hotmem(["check", "--json", "--cmdline", "kernelcore=1G", "a&\"<b>.jsonl"])
            let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
            #expect(object?["result"] as? String == "failed" && json.ending == .exited(1), "\(json)")
            #expect((object?["differences"] as? [[String: Any]])?.isEmpty == false)
            let good = try scratch.hotmem(["check", "--tap", "a&\"<b>.jsonl"])
            #expect(good.output == "TAP version 14\n1..1\nok 1 - a&\"<b>.jsonl\n" && good.succeeded, "\(good)")
        }
    }

    @Test func `is checked, and is never written over by what comes of it`() throws {
        let script = """
            hotmem record -o s.jsonl -- lsmem > /dev/null; cp s.jsonl kept.jsonl; ln -s s.jsonl link.jsonl
            hotmem machine show default > m.toml; cp m.toml kept.toml
            hotmem check --junit s.jsonl kept.jsonl s.jsonl; echo $?
            hotmem check --junit link.jsonl s.jsonl; echo $?
            hotmem check --junit m.toml --machine m.toml s.jsonl; echo $?
            hotmem record -o m.toml --machine m.toml -- echo started; echo $?
            hotmem map --machine m.toml --svg m.toml; echo $?
            hotmem check --junit s.jsonl - < s.jsonl; echo $?
            hotmem map --machine - --svg m.toml < m.toml; echo $?
            hotmem record -o m.toml --machine - -- echo started < m.toml; echo $?
            mkdir other; cd other
            for again in 1 2; do hotmem record -o default -- true; hotmem map --machine two-nodes --svg two-nodes; done; ls; cd ..
            cmp s.jsonl kept.jsonl && cmp m.toml kept.toml && ls -A
            """
        try Scratch.with { scratch in
            let ended = try scratch.program(["sh", "-c", script]).run()
            #expect(
                ended.output
                    == "2\n2\n2\n2\n2\n2\n2\n2\ndefault\ntwo-nodes\nkept.jsonl\nkept.toml\nlink.jsonl\nm.toml\nother\ns.jsonl\n",
                "\(ended)")
            #expect(ended.errorLines.count == 8, "\(ended)")
            #expect(ended.errorLines.allSatisfy { $0.contains("is read for what would be written there") }, "\(ended)")
        }
    }

    @Test func `is reported in a file whatever becomes of standard output, or there alone`() throws {
        let script = """
            hotmem record -o s.jsonl -- lsmem > /dev/null
            for format in '' --json --tap; do
                hotmem check $format --junit r.xml s.jsonl s.jsonl > /dev/full; echo $? $(grep -c '<testcase' r.xml); rm r.xml
            done
            """
        // A reader that has gone before anything is written.
        let gone = """
            import os, subprocess
            for format in [], ["--json"], ["--tap"]:
                reading, writing = os.pipe()
                os.close(reading)
                ended = subprocess.run(["hotmem", "check", *format, "--junit", "r.xml", "s.jsonl", "s.jsonl"], stdout=writing)
                print(ended.returncode, open("r.xml").read().count("<testcase"))
                os.unlink("r.xml")
            """
        try Scratch.with { scratch in
            let full = try scratch.program(["sh", "-c", script]).run()
            #expect(full.output == "2 2\n2 2\n2 2\n", "\(full)")
            let closed = try scratch.program(["python3", "-c", gone]).run()
            #expect(closed.output == "2 2\n2 2\n2 2\n" && closed.errors.isEmpty, "\(closed)")
            let alone = try scratch.hotmem(["check", "--junit", "-", "s.jsonl"])
            #expect(alone.succeeded && alone.output.hasPrefix("<?xml"), "\(alone)")
            #expect(alone.output.hasSuffix("</testsuites>\n"), "\(alone)")
            let both = try scratch.hotmem(["check", "--json", "--junit", "-", "s.jsonl"])
            #expect(both.ending == .exited(2) && both.output.isEmpty, "\(both)")
        }
    }

    @Test func `of a live kernel is checked with its machine`() throws {
        try Scratch.with { scratch in
            let folder = projectDirectory.appendingPathComponent("Tests/KernelTests").path
            let transcript = "\(folder)/Transcripts/movable-node.jsonl"
            let check = try scratch.hotmem(["check", "--machine", "\(folder)/Machines/m1.toml", transcript])
            #expect(check.succeeded, "\(check)")
            let without = try scratch.hotmem(["check", transcript])
            #expect(without.ending == .exited(2) && without.errors.contains("give --machine"), "\(without)")
        }
    }

    @Test func `that was cut short is known from one that is whole`() throws {
        let script = """
            hotmem record -o whole.jsonl -- cat /sys/devices/system/memory/block_size_bytes
            head -n -1 whole.jsonl > short.jsonl; head -n 1 whole.jsonl > first.jsonl
            for file in whole short first; do hotmem check $file.jsonl; echo $?; done
            cat whole.jsonl | hotmem check -; echo $?
            cat whole.jsonl | hotmem check - -; echo $?
            hotmem check whole.jsonl > /dev/full; echo $?
            hotmem check --junit /dev/full whole.jsonl; echo $?
            """
        try Scratch.with { scratch in
            let ended = try scratch.program(["sh", "-c", script]).run()
            let numbers = ended.output.split(separator: "\n").filter { Int($0) != nil }
            #expect(numbers == ["8000000", "0", "2", "2", "0", "2", "2", "2"], "\(ended)")
            #expect(ended.errorLines.count == 5 && ended.errorLines[0].contains("cut short"), "\(ended)")
        }
    }

    @Test func `that cannot be written is said`() throws {
        try Scratch.with { scratch in
            let nowhere = try scratch.hotmem(["record", "-o", "no/where.jsonl", "--", "echo", "started"])
            #expect(nowhere.ending == .exited(2) && nowhere.output.isEmpty, "\(nowhere)")
            let unnamed = try scratch.hotmem(["record", "-o", "", "--", "echo", "started"])
            #expect(unnamed.ending == .exited(2) && unnamed.output.isEmpty, "\(unnamed)")
            let full = try scratch.hotmem(["record", "-o", "/dev/full", "--", "cat", "/proc/zoneinfo"])
            #expect(full.ending == .exited(1) && full.errors.contains("the recording is not whole"), "\(full)")
            let script = "mkfifo pipe && hotmem record -o pipe -- true"
            let pipe = try scratch.program(["sh", "-c", script]).run()
            #expect(pipe.ending == .exited(2) && pipe.errors.contains("pipe: a pipe, whose reader"), "\(pipe)")
        }
    }

    @Test func `that does not come about leaves what was there, and nothing else`() throws {
        try Scratch.with { scratch in
            let kept = try scratch.file("kept.jsonl", "of before\n")
            for options in [
                ["-o", kept, "--", "/no/such/program"], ["-o", kept, "--fail-at", "nonsense", "--", "true"],
            ] {
                #expect(!(try scratch.hotmem(["record"] + options)).succeeded)
                #expect(Host.text(kept) == "of before\n")
            }
            let listed = try scratch.program(["ls"]).run()
            #expect(listed.output == "kept.jsonl\n")
            let nothing = try scratch.hotmem(["record", "-o", kept, "--", "true"])
            #expect(nothing.succeeded && Host.text(kept).contains("\"uevents\":\"all\""), "\(nothing)")
            let check = try scratch.hotmem(["check", kept])
            #expect(check.output.hasSuffix(": 0 operations, as recorded\n"), "\(check)")
        }
    }
}

@Suite struct `Virtual time` {
    private static let offlining = """
        set -e
        cd ROOT/sys/devices/system/memory
        echo 0x140000000 > probe
        echo online > memory40/state
        workload=ROOT/sys/kernel/debug/hotmem/workload
        echo 'alloc name=db kind=anon pages=100 block=40' > $workload
        echo 'pin name=db pages=1' > $workload
        /bin/echo offline > memory40/state || echo "status $?"
        """

    /// When a line of `hotmem events --json` that has a text happened, in seconds.
    private static func time(_ events: String, _ text: String) -> Double? {
        guard let line = events.split(separator: "\n").first(where: { $0.contains(text) }),
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        else { return nil }
        return object["time"] as? Double
    }

    @Test func `lets an offlining give up after 120 seconds at once`() throws {
        try Scratch.with { scratch in
            let script = Self.offlining.replacing("ROOT", with: "") + "\nhotmem events --json"
            let start = ContinuousClock.now
            let ended = try scratch.hotmem([
                "record", "--virtual-time", "--machine", try oldMachine(scratch), "-o", "s.jsonl", "--", "sh", "-c",
                script,
            ])
            #expect(ContinuousClock.now - start < .seconds(30), "\(ended)")
            #expect(ended.output.hasPrefix("status 1\n") && ended.errors.contains("busy"), "\(ended)")
            let began = try #require(Self.time(ended.output, "going-offline"), "\(ended)")
            let gaveUp = try #require(Self.time(ended.output, "timeout"), "\(ended)")
            #expect((119.9...125).contains(gaveUp - began), "\(ended)")
            #expect(Host.text(scratch.path + "/s.jsonl").contains("\"waits\":1}\n{\"op\":\"T 120000\"}\n"))
            let check = try scratch.hotmem(["check", "s.jsonl"])
            #expect(check.succeeded, "\(check)")
        }
    }

    @Test func `is a mounted machine's, too`() throws {
        try Scratch.with { scratch in
            for journal in [["--no-journal"], []] {
                let place = try scratch.directory("tree")
                let mount = ["mount", "--virtual-time", "--machine", try oldMachine(scratch)] + journal + [place]
                try #require(try scratch.hotmem(mount).succeeded)
                let start = ContinuousClock.now
                let ended = try scratch.program(["sh", "-c", Self.offlining.replacing("ROOT", with: place)]).run()
                #expect(ended.output == "status 1\n" && ContinuousClock.now - start < .seconds(30), "\(ended)")
                _ = try scratch.program(["umount", place]).run()
            }
        }
    }

    @Test func `costs nothing where the machine takes long`() throws {
        let script = """
            echo 0x140000000 > /sys/devices/system/memory/probe
            echo online_movable > /sys/devices/system/memory/memory40/state
            echo offline > /sys/devices/system/memory/memory40/state
            """
        func took(_ options: [String]) throws -> Duration {
            let start = ContinuousClock.now
            let ended = try world(
                ["sh", "-c", script], options: ["--latency", "add=100ms,online=1s,offline=200ms"] + options)
            #expect(ended.succeeded, "\(ended)")
            return ContinuousClock.now - start
        }
        #expect(try took([]) >= .milliseconds(1300))
        let slow = try world(
            ["sh", "-c", script + "\nhotmem events --json"], options: ["--virtual-time", "--latency", "online=1000s"])
        let (added, online) = (Self.time(slow.output, "add"), Self.time(slow.output, "going-offline"))
        #expect((999...1100).contains((online ?? 0) - (added ?? 0)), "\(slow)")
        let bad = try world(["true"], options: ["--latency", "walk=1s"])
        #expect(bad.ending == .exited(2) && bad.errors.contains("online, offline, add, remove"), "\(bad)")
        let seed = try world(
            ["sh", "-c", "f=/sys/kernel/debug/hotmem/faults; echo set kind=lose every=3 > $f; cat $f"],
            options: ["--seed", "7"])
        #expect(seed.output.contains("every=3 seed=7"), "\(seed)")
    }
}
