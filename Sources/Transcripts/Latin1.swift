// SPDX-License-Identifier: Apache-2.0

extension String {
    /// Text of which each byte is a character of its own, U+0000 to U+00FF, as transcripts have bytes.
    public init(latin1 bytes: some Sequence<UInt8>) {
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: bytes.lazy.map { Unicode.Scalar($0) })
        self.init(scalars)
    }

    /// The bytes that are the characters; nil if one is beyond U+00FF.
    public var latin1: [UInt8]? {
        var bytes: [UInt8] = []
        for scalar in unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
