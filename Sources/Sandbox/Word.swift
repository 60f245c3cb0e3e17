// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A word as a program gets it with execve(2): bytes of whatever encoding, with no NUL among them.
public struct Word: Sendable, Equatable, ExpressibleByStringInterpolation {
    /// The bytes.
    public var bytes: [UInt8]

    /// A word of some bytes.
    public init(bytes: [UInt8]) { self.bytes = bytes }

    /// A word of a C string, which is copied.
    public init(copying text: UnsafePointer<CChar>) {
        bytes = Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }

    /// A text in UTF-8.
    public init(_ text: String) { bytes = Array(text.utf8) }

    /// A text in UTF-8.
    public init(stringLiteral text: String) { self.init(text) }

    /// Whether it begins with a text.
    public func hasPrefix(_ text: String) -> Bool { bytes.starts(with: text.utf8) }
}
