// SPDX-License-Identifier: Apache-2.0

/// An answer that is not the kernel's, or one part of it.
package struct Difference: Equatable, Sendable, CustomStringConvertible {
    /// Which part: `errno`, or `blocks.40`.
    package let part: String
    package let kernel: JSON?
    package let here: JSON?

    /// What two answers differ in; in objects, each member that differs.
    package static func between(kernel: [String: JSON], here: [String: JSON], in path: String = "") -> [Difference] {
        Set(kernel.keys).union(here.keys).naturallySorted.flatMap { key -> [Difference] in
            let (left, right) = (kernel[key], here[key])
            if left == right { return [] }
            if let left = left?.members, let right = right?.members {
                return between(kernel: left, here: right, in: "\(path)\(key).")
            }
            return [Difference(part: path + key, kernel: left, here: right)]
        }
    }

    package var description: String {
        "\(part): kernel \(kernel.map(\.description) ?? "nothing"), here \(here.map(\.description) ?? "nothing")"
    }
}
