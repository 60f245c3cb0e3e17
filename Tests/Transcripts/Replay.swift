// SPDX-License-Identifier: Apache-2.0

/// Does a transcript's operations somewhere, and notes every answer that is not the kernel's.
package struct Replay {
    private let responder: Responder
    /// Whether errnos pass through FUSE, which carries 1 to 511 only.
    private let isMounted: Bool
    package private(set) var answers = 0
    package private(set) var differences: [String] = []

    package init(_ place: any Place, isMounted: Bool) {
        responder = Responder(place)
        self.isMounted = isMounted
    }

    package mutating func run(_ transcript: Transcript) {
        for step in transcript.steps {
            let here = responder.answer(to: step.operation)
            guard step.operation.isAnswered else { continue }
            answers += 1
            var kernel = step.answer
            if isMounted, case .number(let errno)? = kernel["errno"], errno > 511 { kernel["errno"] = .number(34) }
            for difference in Difference.between(kernel: kernel, here: here) {
                differences.append("\(transcript.name):\(step.line): \(step.operation): \(difference)")
            }
        }
    }
}
