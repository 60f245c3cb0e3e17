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
        if text == "exactmap" {
            self = .exact
            return
        }
        for (sign, kind) in Self.signs {
            guard let place = text.firstIndex(of: sign) else { continue }
            guard let size = KernelText.size(text[..<place]), size > 0,
                let first = KernelText.size(text[text.index(after: place)...]), size - 1 <= .max - first
            else { return nil }
            self = .entry(BootMap.Entry(first: first, last: first + (size - 1), kind: kind))
            return
        }
        guard let end = KernelText.size(text), end > 0 else { return nil }
        self = .limit(end)
    }
}
