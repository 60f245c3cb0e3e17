// SPDX-License-Identifier: Apache-2.0

/// An answer that is not the one of the transcript, or one part of it.
public struct Difference: Equatable, Sendable, CustomStringConvertible {
    /// Which part: `errno`, or `blocks.40`.
    public let part: String
    /// What the transcript has.
    public let kernel: JSON?
    /// What was answered here.
    public let here: JSON?

    /// What two answers differ in; in objects, each member that differs.
    public static func between(kernel: [String: JSON], here: [String: JSON], in path: String = "") -> [Difference] {
        Set(kernel.keys).union(here.keys).naturallySorted.flatMap { key -> [Difference] in
            let (left, right) = (kernel[key], here[key])
            if left == right { return [] }
            if let left = left?.members, let right = right?.members {
                return between(kernel: left, here: right, in: "\(path)\(key).")
            }
            return [Difference(part: path + key, kernel: left, here: right)]
        }
    }

    /// The same in one line.
    public var description: String {
        "\(part): kernel \(kernel.map(\.description) ?? "nothing"), here \(here.map(\.description) ?? "nothing")"
    }
}

extension Transcript.Step {
    /// What an answer differs in from the recorded one. Of a file that was read in part, that part counts, of a directory
    /// the names that were read; and where the recording does not say that open(2) failed, it may have been.
    public func differences(from here: [String: JSON]) -> [Difference] {
        var (answer, here) = (answer, here)
        let isPart = answer.removeValue(forKey: "more")?.isTrue ?? false
        let start = answer.removeValue(forKey: "from")?.integer ?? 0
        if case .read = operation {
            if answer["at"] == nil, answer["errno"] == here["errno"] { here["at"] = nil }
            if let text = here["data"]?.string {
                let rest = text.unicodeScalars.dropFirst(max(0, start))
                let length = answer["data"]?.string?.unicodeScalars.count ?? 0
                here["data"] = .text(String(String.UnicodeScalarView(isPart ? rest.prefix(length) : rest)))
            }
        }
        if case .list = operation, isPart, let names = answer["names"]?.elements, let all = here["names"]?.elements {
            here["names"] = .list(all.filter(names.contains))
        }
        return Difference.between(kernel: answer, here: here)
    }
}
