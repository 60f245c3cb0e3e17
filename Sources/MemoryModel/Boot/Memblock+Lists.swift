// SPDX-License-Identifier: Apache-2.0

/// A memblock list: ascending ranges that do not overlap, where neighbours that touch differ in something.
extension [Memblock.Region] {
    /// Adds a range. Parts of it that are there already stay as they are, with their own node and flags.
    mutating func insert(_ region: Memblock.Region) {
        var missing = [region.bytes]
        for other in self where other.bytes.overlaps(region.bytes) {
            missing = missing.flatMap { $0.without(other.bytes) }
        }
        for bytes in missing where !bytes.isEmpty {
            append(Memblock.Region(bytes: bytes, node: region.node, flags: region.flags))
        }
        sort { $0.bytes.lowerBound < $1.bytes.lowerBound }
        merge()
    }

    /// Takes a range out, cutting what reaches beyond it.
    mutating func remove(_ bytes: Range<UInt64>) {
        cut(at: bytes)
        removeAll { bytes.contains($0.bytes.lowerBound) }
    }

    /// Changes what lies in a range, cutting what reaches beyond it.
    mutating func change(_ bytes: Range<UInt64>, _ change: (inout Memblock.Region) -> Void) {
        cut(at: bytes)
        for index in indices where bytes.contains(self[index].bytes.lowerBound) { change(&self[index]) }
        merge()
    }

    /// Cuts regions in two at both ends of a range, so that each lies within it or outside.
    private mutating func cut(at bytes: Range<UInt64>) {
        for border in [bytes.lowerBound, bytes.upperBound] {
            guard let index = firstIndex(where: { $0.bytes.lowerBound < border && border < $0.bytes.upperBound })
            else { continue }
            var upper = self[index]
            upper.bytes = border..<upper.bytes.upperBound
            self[index].bytes = self[index].bytes.lowerBound..<border
            insert(upper, at: index + 1)
        }
    }

    /// Joins neighbours that touch and are alike.
    private mutating func merge() {
        self = reduce(into: []) { merged, region in
            guard let last = merged.last, last.bytes.upperBound == region.bytes.lowerBound, last.node == region.node,
                last.flags == region.flags
            else { return merged.append(region) }
            merged[merged.count - 1].bytes = last.bytes.lowerBound..<region.bytes.upperBound
        }
    }
}
