// SPDX-License-Identifier: Apache-2.0

/// How the kernel reads numbers and truth values out of text. All of these stop at nothing: what they do not
/// accept, they refuse.
public enum KernelText {
    /// Why a number was refused.
    public enum NumberError: Error, Sendable {
        /// Not a number: EINVAL.
        case malformed
        /// A number, but too large: ERANGE.
        case tooLarge
    }

    /// A line as most attributes compare it: one trailing newline does not count, nor does anything from a NUL on
    /// (spec 1.4, 3.1).
    public static func line(_ text: Substring) -> Substring {
        var text = text
        if let end = text.utf8.firstIndex(of: 0) { text = text[..<end] }
        if text.utf8.last == UInt8(ascii: "\n") { text = Substring(text.utf8.dropLast()) }
        return text
    }

    /// An unsigned number (kstrtoull with base 0, spec 3.4): `0x` and hex digits, a leading `0` and octal ones,
    /// or decimal; one `+` may stand before it.
    ///
    /// - Parameter text: without its trailing newline.
    public static func unsigned(_ text: some StringProtocol) -> Result<UInt64, NumberError> {
        var digits = Array(text.utf8)[...]
        if digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        var base: UInt64 = 10
        if digits.first == UInt8(ascii: "0") {
            let second = digits.dropFirst().first.map { $0 | 0x20 }
            if second == UInt8(ascii: "x"), digits.dropFirst(2).first.flatMap(digit).map({ $0 < 16 }) == true {
                base = 16
                digits = digits.dropFirst(2)
            } else {
                base = 8
            }
        }
        guard !digits.isEmpty else { return .failure(.malformed) }
        var (value, tooLarge): (UInt64, Bool) = (0, false)
        for byte in digits {
            guard let digit = digit(byte), digit < base else {
                // An overflow is found before what follows is looked at (_kstrtoull).
                return .failure(tooLarge ? .tooLarge : .malformed)
            }
            let (product, over) = value.multipliedReportingOverflow(by: base)
            let (sum, carry) = product.addingReportingOverflow(digit)
            tooLarge = tooLarge || over || carry
            value = sum
        }
        return tooLarge ? .failure(.tooLarge) : .success(value)
    }

    /// A signed number: as ``unsigned(_:)``, or with a `-`.
    public static func signed(_ text: some StringProtocol) -> Result<Int64, NumberError> {
        let negative = text.utf8.first == UInt8(ascii: "-")
        // Byte by byte: what follows may belong to the sign, as people read it.
        let rest = String(decoding: text.utf8.dropFirst(negative ? 1 : 0), as: UTF8.self)
        if negative, rest.utf8.first == UInt8(ascii: "+") { return .failure(.malformed) }
        switch unsigned(rest) {
        case .failure(let error): return .failure(error)
        case .success(let magnitude):
            if negative {
                guard magnitude <= UInt64(Int64.max) + 1 else { return .failure(.tooLarge) }
                return .success(Int64(truncatingIfNeeded: 0 &- magnitude))
            }
            return Int64(exactly: magnitude).map { .success($0) } ?? .failure(.tooLarge)
        }
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }

    /// A truth value (kstrtobool, spec 3.2): only the first characters count.
    public static func bool(_ text: some StringProtocol) -> Bool? {
        let bytes = Array(text.utf8.prefix(2))
        switch bytes.first.map({ Character(Unicode.Scalar($0)) }) {
        case "y", "Y", "t", "T", "1": return true
        case "n", "N", "f", "F", "0": return false
        case "o", "O":
            switch bytes.dropFirst().first.map({ Character(Unicode.Scalar($0)) }) {
            case "n", "N": return true
            case "f", "F": return false
            default: return nil
            }
        default: return nil
        }
    }

    /// A number as the kernel's boot parameters take it (simple_strtoull): digits as far as there are any, with their base
    /// as in ``unsigned(_:)``. What is too large wraps around.
    ///
    /// - Returns: the number, 0 where there is no digit, and what follows.
    public static func leadingNumber(_ text: some StringProtocol) -> (number: UInt64, rest: String) {
        var bytes = Array(text.utf8)[...]
        var base: UInt64 = 10
        if bytes.first == UInt8(ascii: "0") {
            let isHex = bytes.dropFirst().first.map { $0 | 0x20 } == UInt8(ascii: "x")
            if isHex, bytes.dropFirst(2).first.flatMap(digit) != nil {
                (base, bytes) = (16, bytes.dropFirst(2))
            } else {
                base = 8
            }
        }
        var value: UInt64 = 0
        while let digit = bytes.first.flatMap(digit), digit < base {
            value = value &* base &+ digit
            bytes = bytes.dropFirst()
        }
        return (value, String(decoding: bytes, as: UTF8.self))
    }

    /// A size as the kernel's boot parameters take it (memparse): a number, and K, M, G, T, P or E.
    public static func leadingSize(_ text: some StringProtocol) -> (bytes: UInt64, rest: String) {
        let (number, rest) = leadingNumber(text)
        guard let suffix = rest.utf8.first, let place = Array("kmgtpe".utf8).firstIndex(of: suffix | 0x20) else {
            return (number, rest)
        }
        return (number << UInt64(10 * (place + 1)), String(decoding: rest.utf8.dropFirst(), as: UTF8.self))
    }

    /// A size in bytes with an optional suffix K, M, G, T, P or E, and nothing else.
    public static func size(_ text: some StringProtocol) -> UInt64? {
        let suffixes = "KMGTPE"
        var digits = String(text)
        var shift = 0
        if let last = digits.last, last.isASCII, let place = suffixes.firstIndex(of: Character(last.uppercased())) {
            let isHexDigit = digits.lowercased().hasPrefix("0x") && last.isHexDigit
            if !isHexDigit {
                shift = 10 * (suffixes.distance(from: suffixes.startIndex, to: place) + 1)
                digits.removeLast()
            }
        }
        guard case .success(let number) = unsigned(digits) else { return nil }
        let (bytes, over) = number.multipliedReportingOverflow(by: 1 << UInt64(shift))
        return over ? nil : bytes
    }
}
