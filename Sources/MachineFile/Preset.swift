// SPDX-License-Identifier: Apache-2.0

/// A machine file that comes with the program.
public struct Preset: Sendable, Equatable {
    /// What `--machine` calls it.
    public let name: String
    /// One line that says what the machine is.
    public let summary: String
    /// The machine file.
    public let text: String

    /// Every preset, in the order of listings.
    public static let all: [Preset] = [
        .default, .x86_64, .i386, .ppc64, .ia64, .arm64, .s390x, .twoNodes, .fourNodes, .largeServer, .huge,
    ]

    /// The preset of that name, if there is one.
    public static func named(_ name: String) -> Preset? {
        all.first { $0.name == name }
    }
}
