// SPDX-License-Identifier: Apache-2.0

import Transcripts

/// QEMU's monitor: commands to the machine's hardware, and what happens to it (QMP).
final class Monitor {
    private let stream: LineStream
    /// Events that came before anybody waited for them.
    private var events: [[String: JSON]] = []

    /// What a command came to.
    enum Outcome {
        case done
        /// QEMU will not; what it says.
        case refused(String)
    }

    init(_ stream: LineStream) throws(KernelFailure) {
        self.stream = stream
        guard stream.line(by: .now + .seconds(20)) != nil, case .done = try run("qmp_capabilities") else {
            throw KernelFailure(description: "QEMU's monitor does not answer")
        }
    }

    /// Gives a command.
    func run(_ command: String, _ arguments: [String: JSON] = [:]) throws(KernelFailure) -> Outcome {
        guard stream.send("\(JSON.object(["execute": .text(command), "arguments": .object(arguments)]))") else {
            throw KernelFailure(description: "QEMU has ended")
        }
        let deadline = ContinuousClock.now + .seconds(30)
        while let message = next(by: deadline) {
            if message["event"] != nil {
                events.append(message)
            } else if let error = message["error"]?.members {
                return .refused(error["desc"]?.string ?? "\(error)")
            } else {
                return .done
            }
        }
        throw KernelFailure(description: "QEMU's monitor does not answer to \(command)")
    }

    /// Forgets what happened up to now.
    func forgetEvents() { events = [] }

    /// Waits for an event.
    ///
    /// - Returns: whether one came in time that is `wanted`, by its name and data.
    func wait(seconds: Int, for wanted: (_ name: String, _ data: [String: JSON]) -> Bool) -> Bool {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            guard let event = events.isEmpty ? next(by: deadline) : events.removeFirst() else { return false }
            if wanted(event["event"]?.string ?? "", event["data"]?.members ?? [:]) { return true }
        }
    }

    private func next(by deadline: ContinuousClock.Instant) -> [String: JSON]? {
        stream.line(by: deadline).flatMap { try? JSON(parsing: $0).members }
    }
}
