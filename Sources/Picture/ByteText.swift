// SPDX-License-Identifier: Apache-2.0

/// Amounts of memory in words.
public enum ByteText {
    private static let units = ["B", "K", "M", "G", "T", "P"]

    /// Bytes in the largest unit that leaves at least one, with a decimal where that says more: `128M`, `1.5G`, `0B`.
    public static func short(_ bytes: UInt64) -> String {
        var (unit, size): (Int, UInt64) = (0, 1)
        while unit + 1 < units.count, bytes >= size << 10 {
            size <<= 10
            unit += 1
        }
        let tenths = (bytes / size) * 10 + (bytes % size) * 10 / size
        let text = tenths % 10 == 0 || tenths >= 1000 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
        return text + units[unit]
    }
}
