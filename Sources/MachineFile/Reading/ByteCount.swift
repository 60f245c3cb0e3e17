// SPDX-License-Identifier: Apache-2.0

/// Byte counts and addresses written as strings: "128M", "0x100000000", "0xffff_ffff".
enum ByteCount {
    /// Why a string is no byte count.
    enum Failure: Error {
        case malformed
        case tooLarge
    }

    /// The number a string stands for; suffixes are the kernel's, powers of 1024.
    static func parse(_ text: String) throws(Failure) -> UInt64 {
        var digits = text.utf8[...]
        var shift = 0
        var radix: UInt64 = 10
        if digits.starts(with: "0x".utf8) || digits.starts(with: "0X".utf8) {
            digits = digits.dropFirst(2)
            radix = 16
        }
        if let unit = digits.last, let bits = shifts[unit | 0x20], radix == 10 || unit | 0x20 != UInt8(ascii: "e") {
            digits = digits.dropLast()
            shift = bits
        }
        let value = try number(digits, radix: radix)
        guard value <= .max >> UInt64(shift) else { throw .tooLarge }
        return value << UInt64(shift)
    }

    private static let shifts: [UInt8: Int] = [
        UInt8(ascii: "k"): 10, UInt8(ascii: "m"): 20, UInt8(ascii: "g"): 30, UInt8(ascii: "t"): 40,
        UInt8(ascii: "p"): 50, UInt8(ascii: "e"): 60,
    ]

    /// Digits, with single underscores between them.
    private static func number(_ digits: Substring.UTF8View, radix: UInt64) throws(Failure) -> UInt64 {
        var value: UInt64 = 0
        var afterDigit = false
        for byte in digits {
            if byte == UInt8(ascii: "_") {
                guard afterDigit else { throw .malformed }
                afterDigit = false
                continue
            }
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, digit < radix else { throw .malformed }
            let (product, overflow) = value.multipliedReportingOverflow(by: radix)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            guard !overflow, !carry else { throw .tooLarge }
            value = sum
            afterDigit = true
        }
        guard afterDigit else { throw .malformed }
        return value
    }
}

extension UInt64 {
    /// The number as addresses are written.
    var hex: String { "0x" + String(self, radix: 16) }
}
