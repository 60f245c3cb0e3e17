// SPDX-License-Identifier: Apache-2.0
// swift-format-ignore-file: NeverForceUnwrap

/// Texts that nobody should write: nearly right ones, and such as are meant to break what reads them.
struct HostileTexts: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_f491_4f6c_dd1d
    }

    private static let words = [
        "online", "online_kernel", "online_movable", "offline", "going-offline", "auto", "on", "contig-zones",
        "auto-movable", "0", "1", "y", "N", "of", "ON", "add", "change", "remove", "memory1", "node0", "cpu0",
        "ACPI0004:00", "PNP0C80:00",
    ]
    private static let lines = [
        "plug id=h size=128M node=0", "unplug id=d1", "alloc name=h kind=anon pages=3", "free name=w", "pin name=w",
        "background name=b pages=64 steps=9", "avoid block=0-4294967295", "allow block=7", "find pfn=1",
        "set migrate=near", "set offline_policy=booked", "plug name=node1", "unplug name=c1",
        "plug name=q hid=ACPI0004 node=0 cpus=1 dimms=128M,1", "remove-node node=1", "note x",
        "alloc name=h kind=kernel block=3 order=2 cpu=1 pages=4",
        "add fe4d7c9d-b8c6-4a70-9ef1-3d8a58d18eed A=1 B=abc", "add FE4D7C9D-b8c6-4a70-9ef1-3d8a58d18eed",
        "change fe4d7c9d-b8c6-4a70-9ef1-3d8a58d18eed A=", "128M swappiness=max", "4096 swappiness=201",
    ]
    private static let numbers = [
        "0", "00", "0x", "0x0", "08", "+", "+1", "-1", "--1", "+-1", "-+1", "1", "2", "7", "10", "301", "4294967295",
        "4294967296", "0x7fffffffffffffff", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
        "-9223372036854775809", "0xffffffffffffffff", "18446744073709551615", "18446744073709551616",
        "0x10000000000000000", "99999999999999999999999999999999", "1e3", "1.0", " 1", "1 ", "1\n", "1\n\n", "1\0",
        "1\0x", "0b1", "0o7", "1K", "1k", "8E", "16E", "999999E", "0x140000000", "0xfd00000000", "\u{661}", "\u{ff11}",
        "1\u{301}", "-5", "-12", "-4095", "-4096",
    ]
    private static let fragments: [[UInt8]] = [
        [0], [0x0a], [0x0d], [0x0d, 0x0a], [0x20], [0x09], [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80],
        [0xf4, 0x90, 0x80, 0x80],
        [0xe2, 0x80, 0xae], [0xef, 0xbb, 0xbf], [0x1b, 0x5b, 0x32, 0x4a], [0x3d], [0x3d, 0x3d], [0x22], [0x27],
        [0x25, 0x6e],
        [0x2e, 0x2e, 0x2f], [0x5c], [0xcc, 0x81],
    ]

    mutating func text() -> [UInt8] {
        switch next() % 64 {
        case 0..<6: return (0..<next() % 40).map { _ in UInt8(truncatingIfNeeded: next()) }
        case 6..<14: return Array(Self.numbers.randomElement(using: &self)!.utf8)
        case 14..<22: return Array(Self.words.randomElement(using: &self)!.utf8)
        case 22..<50: return mutated()
        case 50..<58: return Array(Self.lines.randomElement(using: &self)!.utf8)
        case 58..<61: return padded(to: Int.random(in: 30..<300, using: &self))
        case 61..<63: return padded(to: [4095, 4096, 4097, 8192].randomElement(using: &self)!)
        // A megabyte now and then.
        default: return next() % 16 == 0 ? padded(to: 1 << 20) : mutated() + mutated()
        }
    }

    private mutating func usual() -> [UInt8] {
        switch next() % 3 {
        case 0: Array(Self.words.randomElement(using: &self)!.utf8)
        case 1: Array(Self.lines.randomElement(using: &self)!.utf8)
        default: Array(Self.numbers.randomElement(using: &self)!.utf8)
        }
    }

    private mutating func mutated() -> [UInt8] {
        var text = usual()
        for _ in 0...next() % 3 {
            let place = Int.random(in: 0...text.count, using: &self)
            switch next() % 6 {
            case 0: text.insert(contentsOf: Self.fragments.randomElement(using: &self)!, at: place)
            case 1 where place < text.count: text.remove(at: place)
            case 2 where place < text.count: text[place] ^= 1 << UInt8(next() % 8)
            case 3: text += [[0x0a], [0], [0x0a, 0], [0x20]].randomElement(using: &self)!
            case 4: text += text.prefix(200)
            default: text.insert(contentsOf: usual(), at: place)
            }
        }
        return text
    }

    private mutating func padded(to size: Int) -> [UInt8] {
        let text = usual()
        let filling = [0x20, 0, 0x0a, 0x30, 0x78, 0xff, 0x3d].randomElement(using: &self)! as UInt8
        let rest = [UInt8](repeating: filling, count: max(0, size - text.count))
        return next() % 2 == 0 ? text + rest : rest + text
    }
}
