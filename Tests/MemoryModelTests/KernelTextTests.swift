// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MemoryModel

@Suite struct `Numbers and words as the kernel reads them` {
    @Test(
        arguments: [
            ("0", 0), ("00", 0), ("+5", 5), ("+0x10", 16), ("017", 15), ("0x1f", 31), ("0X1f", 31),
            ("0XaBcDeF", 0xabcdef),
            ("18446744073709551615", .max), ("0xffffffffffffffff", .max), ("01777777777777777777777", .max),
            ("0000000000000000000000000000001", 1),
        ] as [(String, UInt64)])
    func `an unsigned number is decimal, octal or hexadecimal, and may have a plus`(text: String, value: UInt64) {
        #expect((try? KernelText.unsigned(text).get()) == value)
    }

    @Test(
        arguments: [
            "", "+", "-1", "-0", "++5", "+-5", "0x", "0X", "0xg", "08", "0b1", "0x1x", "1 ", " 1", "1\n", "1,2", "1e3",
            "ff",
            "１", "1\u{301}",
        ])
    func `what is no number is malformed`(text: String) {
        #expect(throws: KernelText.NumberError.malformed) { try KernelText.unsigned(text).get() }
    }

    @Test(
        arguments: [
            "18446744073709551616", "0x10000000000000000", "02000000000000000000000", "99999999999999999999999",
            // The kernel finds the overflow before it looks at what follows.
            "18446744073709551616x",
        ])
    func `what does not fit 64 bits is too large`(text: String) {
        #expect(throws: KernelText.NumberError.tooLarge) { try KernelText.unsigned(text).get() }
    }

    @Test(
        arguments: [
            ("-0", 0), ("-1", -1), ("-0x10", -16), ("-010", -8), ("+7", 7), ("9223372036854775807", .max),
            ("-9223372036854775808", .min),
        ] as [(String, Int64)])
    func `a signed number may have a minus`(text: String, value: Int64) {
        #expect((try? KernelText.signed(text).get()) == value)
    }

    @Test(
        arguments: [
            ("-", .malformed), ("--1", .malformed), ("-+1", .malformed), ("-\u{301}5", .malformed),
            ("+-1", .malformed), ("", .malformed),
            ("9223372036854775808", .tooLarge), ("-9223372036854775809", .tooLarge),
            ("-18446744073709551616", .tooLarge),
        ] as [(String, KernelText.NumberError)])
    func `a bad signed number says why`(text: String, error: KernelText.NumberError) {
        #expect(throws: error) { try KernelText.signed(text).get() }
    }

    @Test(arguments: ["y", "Y", "t", "T", "1", "on", "On", "oN", "ON", "yes", "1x", "10", "true", "online", "1\n"])
    func `a truth value is true by its first characters`(text: String) {
        #expect(KernelText.bool(text) == true)
    }

    @Test(arguments: ["n", "N", "f", "F", "0", "of", "oF", "off", "no", "0x1", "false", "offline", "0\n"])
    func `a truth value is false by its first characters`(text: String) {
        #expect(KernelText.bool(text) == false)
    }

    @Test(arguments: ["", "2", "x", "o", "O", "ox", " 1", "\n", "\0", "-1", "é"])
    func `anything else is no truth value`(text: String) {
        #expect(KernelText.bool(text) == nil)
    }

    @Test(
        arguments: [
            ("512", 512), ("4k", 4096), ("4K", 4096), ("512M", 512 << 20), ("0x10M", 16 << 20), ("2g", 2 << 30),
            ("3T", 3 << 40), ("1P", 1 << 50), ("8E", 8 << 60), ("0xe", 14), ("010K", 8192), ("0", 0),
        ] as [(String, UInt64)])
    func `a size may have a suffix`(text: String, bytes: UInt64) {
        #expect(KernelText.size(text) == bytes)
    }

    @Test(arguments: ["", "K", "1KK", "M1", "-1M", "16E", "18446744073709551615K", "1 M", "1X"])
    func `a bad size is none`(text: String) {
        #expect(KernelText.size(text) == nil)
    }

    @Test(
        arguments: [
            ("online", "online"), ("online\n", "online"), ("online\n\n", "online\n"), ("\n", ""), ("", ""),
            ("online\0", "online"), ("online\n\0", "online"), ("online\0junk\n", "online"), ("\0online", ""),
            ("online\r\n", "online\r"), (" online ", " online "),
        ])
    func `a line ends at a NUL, and loses one newline`(text: String, line: String) {
        #expect(KernelText.line(text[...]) == line)
    }
}
