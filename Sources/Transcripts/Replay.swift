// SPDX-License-Identifier: Apache-2.0

/// Does a transcript's operations somewhere, and notes every answer that is another.
public struct Replay {
    /// An operation that was answered differently.
    public struct Finding: Equatable, Sendable {
        /// Which of the operations, counted from 1, and on which line it is.
        public let number: Int
        /// The line.
        public let line: Int
        /// What was done.
        public let operation: Operation
        /// In what the answers differ.
        public let differences: [Difference]
    }

    private let place: any Place
    /// Whether errnos pass through FUSE, which carries 1 to 511 only.
    private let isMounted: Bool
    /// How many answers were compared.
    public private(set) var answers = 0
    /// Where they differ.
    public private(set) var findings: [Finding] = []
    /// The same, a line for each part of an answer.
    public private(set) var differences: [String] = []

    /// - Parameters:
    ///   - place: where the operations are done.
    ///   - isMounted: whether errnos pass through FUSE, which carries 1 to 511 only.
    public init(_ place: any Place, isMounted: Bool) { (self.place, self.isMounted) = (place, isMounted) }

    /// Does all of a transcript.
    public mutating func run(_ transcript: Transcript) {
        let responder = Responder(place, hasAllUevents: transcript.hasAllUevents)
        for (index, step) in transcript.steps.enumerated() {
            let here = responder.answer(to: step.operation)
            var differences: [Difference] = []
            if step.operation.isAnswered {
                answers += 1
                differences = Self.carried(step, isMounted).differences(from: here)
            }
            let next = index + 1 < transcript.steps.count ? transcript.steps[index + 1].operation : nil
            if transcript.hasAllUevents, next != .uevents, step.operation != .uevents {
                // Where the recording has none, there were none.
                differences += Difference.between(
                    kernel: ["uevents": .list([])], here: responder.answer(to: .uevents))
            }
            guard !differences.isEmpty else { continue }
            findings.append(
                Finding(number: index + 1, line: step.line, operation: step.operation, differences: differences))
            self.differences += differences.map { "\(transcript.name):\(step.line): \(step.operation): \($0)" }
        }
    }

    /// The step with an errno that FUSE carries.
    private static func carried(_ step: Transcript.Step, _ isMounted: Bool) -> Transcript.Step {
        guard isMounted, case .number(let errno)? = step.answer["errno"], errno > 511 else { return step }
        var step = step
        step.answer["errno"] = .number(34)
        return step
    }
}
