// SPDX-License-Identifier: Apache-2.0

import Capture
import Testing

@Suite struct `Captures of what is no machine` {
    private func refusal(_ change: (inout FileTree) -> Void) -> String {
        var tree = Copies.tree(Copies.usual(0..<9))
        change(&tree)
        do throws(CaptureError) {
            _ = try Capture(of: tree, name: "copy.tar", hints: .init())
            return "taken"
        } catch { return error.isUsage ? error.description : "no usage: \(error)" }
    }

    @Test(arguments: [
        (
            "block_size_bytes", "8g00000\n",
            "copy.tar: sys/devices/system/memory/block_size_bytes:1: \"8g00000\" is no hexa"
        ),
        ("block_size_bytes", "", "copy.tar: sys/devices/system/memory/block_size_bytes:1: \"\" is no hexadecimal"),
        (
            "block_size_bytes", "3000000",
            "copy.tar: sys/devices/system/memory/block_size_bytes:1: \"3000000\" is no power"
        ),
        ("block_size_bytes", "\u{1b}[2J", "copy.tar: sys/devices/system/memory/block_size_bytes:1: \"?[2J\" is no"),
        ("memory4/state", "onl", "copy.tar: sys/devices/system/memory/memory4/state:1: \"onl\" is no state"),
        ("memory4/phys_index", "zz", "copy.tar: sys/devices/system/memory/memory4/phys_index:1: \"zz\" is no"),
    ])
    func `name the file and the line`(file: String, text: String, begin: String) {
        let refusal = refusal { $0.put(Copies.file(text), at: "\(Copies.memory)/\(file)") }
        #expect(refusal.hasPrefix(begin), "\(refusal)")
    }

    @Test func `say what is missing`() {
        #expect(refusal { $0 = .empty }.hasPrefix("copy.tar: no sys/devices/system/memory in it"))
        #expect(
            refusal { $0 = Copies.tree([]) } == "copy.tar: no memory blocks in sys/devices/system/memory")
        #expect(refusal { $0.put(.empty, at: "\(Copies.memory)/block_size_bytes") }.hasSuffix("not there, or no text"))
        #expect(
            refusal { $0.put(.link("x"), at: "\(Copies.memory)/memory4/state") }.hasSuffix("memory4/state: no text"))
    }

    @Test func `say what cannot be simulated`() {
        let tooHigh = refusal { $0 = Copies.tree([.init(number: 0), .init(number: 4_000_000_000)]) }
        #expect(tooHigh.hasPrefix("copy.tar: cannot be simulated: "), "\(tooHigh)")
        let tooSmall = refusal { $0 = Copies.tree(blockSize: 1 << 20, [.init(number: 0)]) }
        #expect(tooSmall.hasPrefix("copy.tar: cannot be simulated: block_size: "), "\(tooSmall)")
        let offline = refusal { $0 = Copies.tree([.init(number: 0, state: "offline")]) }
        #expect(offline.hasPrefix("copy.tar: cannot be simulated: memory: no usable memory"), "\(offline)")
    }

    @Test func `do not stumble over numbers`() {
        for present in ["18446744073709551615", "4611686018427387904"] {
            #expect(refusal { $0.put(Copies.file("  present \(present)\n"), at: "/proc/zoneinfo") } == "taken")
        }
        let tooHigh = refusal { tree in
            tree = Copies.tree(blockSize: 1 << 48, [.init(number: 13)])
            for node in 1...4 { tree.put(Copies.file("\(node)\n"), at: "/sys/devices/system/node/node\(node)/cpulist") }
        }
        #expect(tooHigh.hasPrefix("copy.tar: "), "\(tooHigh)")
        #expect(
            refusal { tree in
                for (number, range) in [("0x0", "0x9fffffff"), ("0x1000", "0x8000000")].enumerated() {
                    tree.put(Copies.file(range.0), at: "/sys/firmware/memmap/\(number)/start")
                    tree.put(Copies.file(range.1), at: "/sys/firmware/memmap/\(number)/end")
                    tree.put(Copies.file("System RAM"), at: "/sys/firmware/memmap/\(number)/type")
                }
                tree.put(Copies.file("10 9999999999\n"), at: "/sys/devices/system/node/node0/distance")
                tree.put(Copies.file("kernelcore=\u{1} movable_node\n"), at: "/proc/cmdline")
            } == "taken")
    }
}
