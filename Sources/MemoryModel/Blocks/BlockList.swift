// SPDX-License-Identifier: Apache-2.0

extension BlockID {
    /// Blocks in words, with runs as ranges: `memory81-83, memory85`.
    ///
    /// - Parameter ids: ascending.
    public static func list(_ ids: some Sequence<BlockID>) -> String {
        ids.lazy.map { Int($0.rawValue) }.runs
            .map { $0.count == 1 ? "memory\($0.lowerBound)" : "memory\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ", ")
    }
}
