// SPDX-License-Identifier: Apache-2.0

/// How long a machine takes for what it is asked: the simulator's own parameter `hotmem.latency=`. What is done is done at
/// once; only its answer comes later, by the machine's clock. What had to wait anyway is answered when it is done.
public struct Latencies: Hashable, Sendable {
    /// What takes time.
    public enum Work: String, CaseIterable, Sendable {
        /// A block goes online.
        case online
        /// A block goes offline.
        case offline
        /// Memory comes: it is probed, or a device is plugged in.
        case add
        /// Memory is asked to go: a device is unplugged or ejected.
        case remove
    }

    /// In milliseconds, as the clock counts.
    private var times: [Work: UInt64] = [:]

    /// Nothing takes time.
    public init() {}

    /// Reads `online=5ms,offline=2s`; nil if it is none of that kind.
    public init?(_ text: String) {
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2, let work = Work(rawValue: pair[0]), let time = Fault.microseconds(pair[1]) else {
                return nil
            }
            times[work] = (time + 999) / 1000
        }
    }

    /// How long a command takes; nil for no time.
    func milliseconds(for command: Command) -> UInt64? {
        guard !times.isEmpty, let work = command.work else { return nil }
        return times[work]
    }
}

/// An answer that comes later though all is done.
struct LateAnswer: Hashable, Sendable, Codable {
    let ticket: Ticket
    /// When it comes, on the machine's clock.
    let due: UInt64
}

extension Machine {
    /// Lets the answer to a command that is done come later, if it takes time.
    ///
    /// - Returns: what the answer is asked for with.
    mutating func answerLater(_ command: Command) -> Ticket? {
        guard let time = latencies.milliseconds(for: command) else { return nil }
        let ticket = newTicket()
        late.append(LateAnswer(ticket: ticket, due: clock + time))
        return ticket
    }

    /// Gives the answers whose time has come, the earliest first.
    mutating func answerLate() {
        guard late.contains(where: { $0.due <= clock }) else { return }
        let due = late.enumerated().filter { $0.element.due <= clock }
            .sorted { ($0.element.due, $0.offset) < ($1.element.due, $1.offset) }
        late.removeAll { $0.due <= clock }
        finished += due.map { Answer(ticket: $0.element.ticket, refusal: nil) }
    }
}

extension Command {
    /// What kind of work it is, if it is one that may take time.
    fileprivate var work: Latencies.Work? {
        switch self {
        case .setState(_, let type): type == .offline ? .offline : .online
        case .setOnline(_, let online): online ? .online : .offline
        case .probe, .plug, .plugContainer: .add
        case .unplug, .eject, .unplugContainer, .ejectContainer: .remove
        default: nil
        }
    }
}
