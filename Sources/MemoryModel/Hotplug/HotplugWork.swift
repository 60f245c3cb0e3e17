// SPDX-License-Identifier: Apache-2.0

/// What holds the hotplug lock: an offlining whose pages cannot all move yet, or the ejection it is part of.
struct HotplugWork: Sendable, Codable {
    /// What its answer is asked for with.
    let ticket: Ticket
    /// Whether somebody waits for the answer; an eject has been answered already.
    let isAwaited: Bool
    var task: Task

    enum Task: Sendable, Codable {
        case offline(Offlining)
        case eject(Ejection)
    }

    /// The offlining that waits.
    var offlining: Offlining? {
        switch task {
        case .offline(let offlining): offlining
        case .eject(let ejection): ejection.current
        }
    }
}

/// A command that waits for the hotplug lock.
struct WaitingCommand: Sendable, Codable {
    /// What its answer is asked for with.
    let ticket: Ticket
    let command: Command
}

extension Machine {
    /// The block that is on its way offline and waits; readers of its `online` wait with it (spec 1.6).
    public var blockGoingOffline: BlockID? { underway?.offlining?.block }

    /// When, on the machine's ``clock``, something happens by itself: an offlining gives up, or goes on at the pace of a
    /// fault; a uevent goes that a fault held back; an answer comes late. Nil if nothing does.
    public var deadline: UInt64? {
        let offlining = underway?.offlining
        let ends = [offlining.flatMap(deadline(of:)), offlining?.pace?.due, offlining?.stuck?.until]
        return (ends.compactMap { $0 } + faults.held.map(\.due) + late.map(\.due)).min()
    }

    /// When an offlining gives up, on kernels where it does.
    func deadline(of offlining: Offlining) -> UInt64? { rules.offlineLimit.map { offlining.began + $0.milliseconds } }

    /// Goes on with what waits, and with what waits for that, as far as it goes now.
    mutating func continueWork() {
        while var work = underway {
            do throws(Refusal) {
                guard try advance(&work.task) else {
                    underway?.task = work.task
                    return
                }
                finish(work, refusal: nil)
            } catch {
                finish(work, refusal: error)
            }
        }
    }

    /// Goes on with a task.
    ///
    /// - Returns: whether it is done.
    private mutating func advance(_ task: inout HotplugWork.Task) throws(Refusal) -> Bool {
        switch task {
        case .offline(var offlining):
            defer { task = .offline(offlining) }
            return try advance(&offlining)
        case .eject(var ejection):
            defer { task = .eject(ejection) }
            return try advance(&ejection)
        }
    }

    /// Gives a task the lock if it cannot be done at once.
    ///
    /// - Parameter isAwaited: whether its answer is the command's.
    mutating func run(_ task: HotplugWork.Task, isAwaited: Bool) throws(Refusal) {
        var task = task
        do throws(Refusal) {
            guard try !advance(&task) else { return report(endOf: task, refusal: nil) }
        } catch {
            report(endOf: task, refusal: error)
            throw error
        }
        underway = HotplugWork(ticket: newTicket(), isAwaited: isAwaited, task: task)
    }

    /// Ends what holds the lock, and lets the commands that waited for it have it, in their order.
    private mutating func finish(_ work: HotplugWork, refusal: Refusal?) {
        underway = nil
        report(endOf: work.task, refusal: refusal)
        if work.isAwaited {
            finished.append(Answer(ticket: work.ticket, refusal: refusal))
        } else if let refusal {
            changes.append(.refused(refusal))
        }
        while underway == nil, !waiting.isEmpty {
            let next = waiting.removeFirst()
            do throws(Refusal) {
                guard let ticket = try start(next.command) else {
                    finished.append(Answer(ticket: next.ticket, refusal: nil))
                    continue
                }
                // It holds the lock now, and keeps the ticket it waits with.
                if let begun = underway, begun.ticket == ticket {
                    underway = HotplugWork(ticket: next.ticket, isAwaited: true, task: begun.task)
                }
            } catch {
                finished.append(Answer(ticket: next.ticket, refusal: error))
            }
        }
    }

    /// Tells the firmware what came of an ejection.
    private mutating func report(endOf task: HotplugWork.Task, refusal: Refusal?) {
        guard case .eject(let ejection) = task else { return }
        report(ejection.device, ejection.event, FirmwareStatus(refusal))
    }

    /// A signal came to a writer that waits: its offlining is given up (spec 7.4, EINTR).
    mutating func interrupt(_ ticket: Ticket) {
        if let position = waiting.firstIndex(where: { $0.ticket == ticket }) {
            waiting.remove(at: position)
            finished.append(Answer(ticket: ticket, refusal: Refusal(.interrupted, "signal")))
            return
        }
        if let position = late.firstIndex(where: { $0.ticket == ticket }) {
            // It is done already.
            finished.append(Answer(ticket: late.remove(at: position).ticket, refusal: nil))
            return
        }
        guard let work = underway, work.ticket == ticket else { return }
        let refusal = Refusal(.interrupted, "signal backoff")
        switch work.task {
        case .offline(let offlining): abandon(offlining, refusal)
        case .eject(var ejection): giveUp(&ejection)
        }
        finish(work, refusal: refusal)
    }
}
