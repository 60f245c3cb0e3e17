// SPDX-License-Identifier: Apache-2.0

/// Large arrays as bytes: row by row, of each row what is not as the row before lets expect.
///
/// A row is up to 32 numbers of 32 bits. Which of them differ is a varint with a bit each, the first column's the lowest;
/// then follows by how much, as zigzag varints. A row that is as expected is one byte. Numbers that are expected to count up do
/// so from 1; 0 stands for what is not there, and stays.
///
/// What is read is checked: no row is there that has no byte of its own.
struct PackedWriter {
    private(set) var bytes: [UInt8] = []

    mutating func varint(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func varint(_ number: Int) { varint(UInt64(bitPattern: Int64(number))) }

    /// A row, after the last.
    ///
    /// - Parameter fill: sets all columns.
    @inline(__always) mutating func row(_ rows: inout Rows, _ fill: (_ row: inout [UInt32]) -> Void) {
        fill(&rows.next)
        var mask: UInt64 = 0
        for column in rows.next.indices where rows.next[column] != rows.expected(column) { mask |= 1 << UInt64(column) }
        varint(mask)
        while mask != 0 {
            let column = mask.trailingZeroBitCount
            let difference = Int32(bitPattern: rows.next[column] &- rows.expected(column))
            varint(UInt64(UInt32(bitPattern: difference << 1 ^ difference >> 31)))
            mask &= mask - 1
        }
        swap(&rows.last, &rows.next)
    }
}

/// The last row of some, and what is expected of the next.
struct Rows {
    /// 1 for columns that count up.
    private let steps: [UInt32]
    fileprivate(set) var last: [UInt32]
    fileprivate var next: [UInt32]

    /// - Parameters:
    ///   - columns: how many, at most 32.
    ///   - counting: those that count up from row to row.
    init(columns: Int, counting: Int...) {
        last = Array(repeating: 0, count: columns)
        next = last
        steps = (0..<columns).map { counting.contains($0) ? 1 : 0 }
    }

    @inline(__always) fileprivate func expected(_ column: Int) -> UInt32 {
        last[column] == 0 ? 0 : last[column] &+ steps[column]
    }
}

/// Reads what ``PackedWriter`` wrote.
struct PackedReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Bytes that were not read yet.
    var left: Int { bytes.count - place }

    mutating func varint() throws(DecodingError) -> UInt64 {
        var (value, shift) = (0 as UInt64, 0 as UInt64)
        while place < bytes.count, shift < 64 {
            let byte = bytes[place]
            place += 1
            value |= UInt64(byte & 0x7f) << shift
            guard byte & 0x80 != 0 else { return value }
            shift += 7
        }
        throw .damaged("rows are cut short")
    }

    /// A number that must be below another.
    mutating func number(below limit: Int) throws(DecodingError) -> Int {
        let number = try varint()
        guard number < UInt64(limit) else { throw .damaged("\(number), not below \(limit)") }
        return Int(number)
    }

    /// How many things follow that take a byte or more.
    mutating func count() throws(DecodingError) -> Int {
        let count = try varint()
        guard count <= UInt64(left) else { throw .damaged("\(count) rows in \(left) bytes") }
        return Int(count)
    }

    /// The next row.
    @inline(__always) mutating func row(_ rows: inout Rows) throws(DecodingError) -> [UInt32] {
        var mask = try varint()
        guard mask >> UInt64(rows.next.count) == 0 else { throw .damaged("more columns than are known") }
        for column in rows.next.indices { rows.next[column] = rows.expected(column) }
        while mask != 0 {
            let zigzag = UInt32(truncatingIfNeeded: try varint())
            rows.next[mask.trailingZeroBitCount] &+= zigzag >> 1 ^ (0 &- (zigzag & 1))
            mask &= mask - 1
        }
        swap(&rows.last, &rows.next)
        return rows.last
    }

    /// To be called when all was read.
    func end() throws(DecodingError) {
        guard left == 0 else { throw .damaged("\(left) bytes after the last row") }
    }
}

extension DecodingError {
    /// What was read does not hold together.
    static func damaged(_ reason: String) -> DecodingError {
        .dataCorrupted(Context(codingPath: [], debugDescription: reason))
    }
}

/// Throws where something does not hold that is relied on.
@inline(__always) func require(_ holds: Bool, _ reason: @autoclosure () -> String) throws(DecodingError) {
    if !holds { throw .damaged(reason()) }
}
