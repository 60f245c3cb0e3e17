// SPDX-License-Identifier: Apache-2.0

/// How a program ended.
package enum Ending: Equatable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    /// It was still running, or something still held its output, when its time was over; it was then killed.
    case timedOut
}

/// What a program came to.
package struct Ended: CustomStringConvertible {
    package let command: String
    package let output: String
    package let errors: String
    package let ending: Ending

    package var succeeded: Bool { ending == .exited(0) }
    package var errorLines: [Substring] { errors.split(separator: "\n", omittingEmptySubsequences: true) }

    package var description: String {
        "\(command)\n  ended: \(ending)\n  output: \(output.suffix(2000))\n  errors: \(errors.suffix(4000))"
    }
}

/// Why a program could not be started.
package struct ProgramError: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}
