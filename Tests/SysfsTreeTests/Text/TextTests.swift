// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Testing

@testable import SysfsTree

@Suite struct `Texts` {
    @Test(
        arguments: [
            ([], ""), ([0], "0"), ([0, 1], "0-1"), ([0, 1, 2, 5], "0-2,5"), ([1, 3, 5], "1,3,5"), ([7, 8], "7-8"),
            ([0, 2, 3, 4, 63, 64], "0,2-4,63-64"),
        ] as [([Int], String)])
    func `a set is a list of ranges`(numbers: [Int], text: String) {
        #expect(Text.list(numbers) == text)
    }

    @Test(
        arguments: [
            (1, [], "0"), (1, [0], "1"), (4, [0, 3], "9"), (5, [4], "10"), (8, [], "00"), (32, [0, 31], "80000001"),
            (33, [], "0,00000000"), (33, [32], "1,00000000"), (40, [0], "00,00000001"),
            (64, [63, 0], "80000000,00000001"),
            (0, [], "0"), (4, [9], "0"),
        ] as [(Int, [Int], String)])
    func `a set is a mask of groups of 32 bits`(bits: Int, numbers: [Int], text: String) {
        #expect(Text.mask(numbers, bits: bits) == text)
    }

    @Test func `a field is filled on one side and never cut`() {
        #expect(Text.right("ab", 4) == "  ab" && Text.left("ab", 4) == "ab  ")
        #expect(Text.right("abcde", 4) == "abcde" && Text.left("abcde", 4) == "abcde")
        #expect(Text.right(7, 3) == "  7")
        #expect(Text.hex(0x20, width: 8) == "00000020" && Text.hex(0x8000000) == "8000000" && Text.hex(0) == "0")
    }
}
