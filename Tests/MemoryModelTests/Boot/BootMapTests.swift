// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `The memory map a machine boots with` {
    private static let GiB = Machines.GiB

    /// Usable from 0 to 3 GiB and from 4 to 6 GiB, reserved in between.
    private func map(_ commandLine: String, _ architecture: Architecture = .x86_64) -> BootMap {
        let description = MachineDescription(
            architecture: architecture, commandLine: commandLine, addressBits: 40,
            memory: [
                .init(first: 0, last: 3 * Self.GiB - 1, kind: .usable),
                .init(first: 3 * Self.GiB, last: 4 * Self.GiB - 1, kind: .reserved),
                .init(first: 4 * Self.GiB, last: 6 * Self.GiB - 1, kind: .usable),
            ])
        return BootMap(description, BootParameters(commandLine: commandLine))
    }

    /// Ranges in MiB with a letter for the kind.
    private func text(_ map: BootMap) -> String {
        let letters: [BootMap.Kind: String] = [
            .usable: "u", .reserved: "r", .acpi: "a", .persistent: "p", .standby: "s",
        ]
        return map.entries.map { "\($0.first >> 20)-\(($0.last + 1) >> 20)\(letters[$0.kind] ?? "?")" }
            .joined(separator: " ")
    }

    @Test(arguments: [
        ("", "0-3072u 3072-4096r 4096-6144u"),
        // On x86 mem= is an address, and the smallest wins.
        ("mem=5G", "0-3072u 3072-4096r 4096-5120u"),
        ("mem=3584M", "0-3072u 3072-4096r"),
        ("mem=1G mem=2G", "0-1024u 3072-4096r"),
        ("mem=2G mem=1G", "0-1024u 3072-4096r"),
        ("memmap=2G", "0-2048u 3072-4096r"),
        // Later kinds win over earlier ones; usable never over reserved.
        ("memmap=64M$1G", "0-1024u 1024-1088r 1088-3072u 3072-4096r 4096-6144u"),
        ("memmap=64M#1G", "0-1024u 1024-1088a 1088-3072u 3072-4096r 4096-6144u"),
        ("memmap=1G!4G", "0-3072u 3072-4096r 4096-5120p 5120-6144u"),
        ("memmap=64M@3G", "0-3072u 3072-4096r 4096-6144u"),
        ("memmap=1G@8G", "0-3072u 3072-4096r 4096-6144u 8192-9216u"),
        ("memmap=1G@6G", "0-3072u 3072-4096r 4096-7168u"),
        ("memmap=64M$1G,0x4000000#2G", "0-1024u 1024-1088r 1088-2048u 2048-2112a 2112-3072u 3072-4096r 4096-6144u"),
        // What comes later undoes what came before.
        ("memmap=exactmap memmap=512M@1G", "1024-1536u"),
        ("memmap=512M@1G memmap=exactmap memmap=1G@0", "0-1024u"),
        ("mem=1G memmap=1G@2G", "0-1024u 2048-3072u 3072-4096r"),
        ("memmap=1G@8G mem=7G", "0-3072u 3072-4096r 4096-6144u"),
    ])
    func `is the firmware's, changed in the order of the command line`(line: String, expected: String) {
        let map = map(line)
        #expect(text(map) == expected)
        #expect(map.complaints.isEmpty && !map.leavesTooLittle)
    }

    @Test func `elsewhere mem= is an amount, and memmap= unknown`() {
        #expect(text(map("mem=4G", .arm64)) == "0-3072u 3072-4096r 4096-5120u")
        #expect(text(map("mem=9G", .arm64)) == "0-3072u 3072-4096r 4096-6144u")
        let unknown = map("memmap=1G@8G", .s390x)
        #expect(text(unknown) == "0-3072u 3072-4096r 4096-6144u")
        #expect(unknown.complaints == ["memmap=1G@8G: unknown to s390x, ignored"])
    }

    @Test func `what the processor cannot form is left out`() {
        let beyond = map("memmap=1G@2048G")
        #expect(text(beyond) == text(map("")))
        #expect(beyond.complaints == ["memmap=1G@2048G: above the processor's addresses, ignored"])
    }

    @Test(arguments: ["mem=1", "mem=63M", "memmap=exactmap", "memmap=8G$0"])
    func `what leaves nothing to boot from is ignored as a whole`(line: String) {
        let map = map("\(line)")
        #expect(text(map) == text(self.map("")))
        #expect(map.leavesTooLittle && map.complaints.count == 1)
    }

    @Test func `its end and amount are those of usable memory`() {
        #expect(map("").endOfMemory == 6 * Self.GiB && map("").usableBytes == 5 * Self.GiB)
        #expect(map("memmap=1G!5G").endOfMemory == 5 * Self.GiB)
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `ranges ascend, none overlaps another, and each page is the highest kind said of it`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var said: [BootMap.Entry] = map("").entries
        let signs: [(String, BootMap.Kind)] = [("@", .usable), ("#", .acpi), ("$", .reserved), ("!", .persistent)]
        let options = (0..<8).map { _ in
            let (sign, kind) = signs[Int.random(in: 0..<4, using: &random)]
            let (first, size) = (
                UInt64.random(in: 0..<8000, using: &random), UInt64.random(in: 1..<900, using: &random)
            )
            said.append(.init(first: first << 20, last: (first + size) << 20 - 1, kind: kind))
            return "\(size)M\(sign)\(first)M"
        }
        let map = map("memmap=" + options.joined(separator: ","))
        for (lower, upper) in zip(map.entries, map.entries.dropFirst()) {
            #expect(lower.first <= lower.last && lower.last < upper.first, "seed \(seed)")
        }
        for _ in 0..<300 {
            let address = UInt64.random(in: 0..<9000, using: &random) << 20
            let kinds = said.filter { $0.first <= address && address <= $0.last }.map(\.kind)
            let found = map.entries.first { $0.first <= address && address <= $0.last }?.kind
            #expect(found == kinds.max(), "seed \(seed), address \(address >> 20)M")
        }
    }
}
