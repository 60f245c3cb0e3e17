// SPDX-License-Identifier: Apache-2.0

/// How a tree is mounted that the kernel may keep parts of: no mode may ever show what is not so any more.
struct CacheMode: CustomStringConvertible, Sendable {
    /// What `-o` is given.
    let options: [String]

    /// Every mode there is; the tests of this folder run in each.
    static let all: [CacheMode] = [
        CacheMode(options: []),
        CacheMode(options: ["cached"]),
    ]

    /// Whether the kernel keeps what files contain: they are then as long as their texts.
    var keepsContents: Bool { options.contains("cached") }

    /// What `hotmem mount` is given.
    var arguments: [String] { options.isEmpty ? [] : ["-o", options.joined(separator: ",")] }

    var description: String { options.isEmpty ? "exact" : options.joined(separator: ",") }
}
