// SPDX-License-Identifier: Apache-2.0

/// One of the options that commas separate in `memmap=`, a parameter of x86 kernels.
public enum MemmapOption: Sendable, Equatable {
    /// `nn`: no usable memory from an address on.
    case limit(UInt64)
    /// `exactmap`: nothing of the map so far.
    case exact
    /// `nn@ss` (usable), `nn#ss` (ACPI data), `nn$ss` (reserved), `nn!ss` (persistent): a range.
    case entry(BootMap.Entry)

    /// The signs between size and start of a range.
    private static let signs: [(sign: Character, kind: BootMap.Kind)] = [
        ("@", .usable), ("#", .acpi), ("$", .reserved), ("!", .persistent),
    ]

    /// Reads an option; nil for one that is wrong.
    init?(_ text: Substring) {
        if text.hasPrefix("exactmap") {
            self = .exact
            return
        }
        let (size, rest) = KernelText.leadingSize(text)
        guard size > 0 else { return nil }
        if let sign = Self.signs.first(where: { $0.sign == rest.first }) {
            let first = KernelText.leadingSize(rest.dropFirst()).bytes
            guard size - 1 <= .max - first else { return nil }
            self = .entry(BootMap.Entry(first: first, last: first + (size - 1), kind: sign.kind))
            return
        }
        // Changing the type of a range (`nn%ss-old+new`) is not simulated.
        guard rest.first != "%" else { return nil }
        self = .limit(size)
    }
}
