// SPDX-License-Identifier: Apache-2.0

/// What whoever may use the server knows: 128 random bits.
public struct AccessToken: Sendable {
    /// As 32 hexadecimal digits.
    public let text: String

    /// A new one, from the system's random numbers.
    public init() { text = Self.random() }

    /// 128 random bits, as hexadecimal digits.
    static func random() -> String {
        var source = SystemRandomNumberGenerator()
        return (0..<16).map { _ in
            let digits = String(UInt8.random(in: .min ... .max, using: &source), radix: 16)
            return digits.count < 2 ? "0" + digits : digits
        }.joined()
    }

    /// Whether a text is the token. It takes as long for a text that begins as the token does as for any other.
    public func matches(_ other: some StringProtocol) -> Bool {
        let (own, given) = (Array(text.utf8), Array(other.utf8))
        guard own.count == given.count else { return false }
        return zip(own, given).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
