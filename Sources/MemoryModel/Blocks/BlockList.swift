// SPDX-License-Identifier: Apache-2.0

extension BlockID {
    /// Blocks in words, with runs as ranges: `memory81-83, memory85`.
    ///
    /// - Parameter ids: ascending.
    public static func list(_ ids: some Sequence<BlockID>) -> String {
        var runs: [(first: BlockID, last: BlockID)] = []
        for id in ids {
            if let last = runs.last?.last, last.rawValue + 1 == id.rawValue {
                runs[runs.count - 1].last = id
            } else {
                runs.append((id, id))
            }
        }
        return runs.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last.rawValue)" }
            .joined(separator: ", ")
    }
}
