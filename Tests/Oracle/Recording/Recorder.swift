// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import Transcripts

/// Asks a live kernel, does the same on a simulated machine, and keeps both together.
///
/// A live kernel's own allocations come and go, and live in other blocks than the simulator's. Where it refuses to take a
/// block offline for that (EBUSY) and the simulated machine would not, an unmovable page is put into that block, and taken away
/// when the kernel lets the block go: the transcript says so (`P`). Everything else that differs is a difference.
struct Recorder {
    private let kernel: any LiveKernel
    private let place: DirectPlace
    private let responder: Responder
    /// What was done, and what the kernel answered.
    private(set) var steps: [Transcript.Step] = []
    /// Blocks that hold a page for the kernel's sake.
    private(set) var pinned: Set<UInt64> = []
    /// The kernel's uevents that were looked at before anybody asked for them.
    private var early: [JSON] = []

    private static let busy = JSON.number(16)

    init(_ kernel: any LiveKernel, _ machine: Machine) {
        self.kernel = kernel
        place = DirectPlace(machine)
        responder = Responder(place)
    }

    /// The simulated machine as it is now.
    var machine: Machine { place.machine }

    /// Does an operation on both.
    ///
    /// - Returns: what the simulated machine answers differently.
    mutating func perform(_ operation: Operation) throws(KernelFailure) -> [Difference] {
        switch operation {
        case .pin, .unpin:
            // They tell what another kernel's allocations did.
            return []
        case .plug(let id, let bytes, let node):
            try kernel.plug(id: id, bytes: bytes, node: node)
            early += try uevents()
            return keep(operation, answer: [:])
        case .unplug(let id):
            let module = machine.devices.compactMap(\.module).first { $0.id == id }
            try kernel.unplug(id: id)
            let heard = try uevents()
            early += heard
            reconcile(operation, with: ["uevents": .list(heard)], by: module?.blocks.map { UInt64($0.rawValue) } ?? [])
            { trial in
                _ = trial.answer(to: operation)
                return trial.answer(to: .uevents)
            }
            return keep(operation, answer: [:])
        case .uevents:
            let heard = early + (try uevents())
            early = []
            return keep(operation, answer: ["uevents": .list(heard)])
        case .write(let path, _, _):
            let answer = try kernel.answer(to: operation)
            if let block = Self.block(ofStateFile: path) {
                reconcile(operation, with: answer, by: [block]) { $0.answer(to: operation) }
            }
            return keep(operation, answer: answer)
        default:
            return keep(operation, answer: try kernel.answer(to: operation))
        }
    }

    private func uevents() throws(KernelFailure) -> [JSON] {
        try kernel.answer(to: .uevents)["uevents"]?.elements ?? []
    }

    private mutating func keep(_ operation: Operation, answer: [String: JSON]) -> [Difference] {
        let step = Transcript.Step(operation, answer: answer)
        steps.append(step)
        let here = responder.answer(to: operation)
        return operation.isAnswered ? step.differences(from: here) : []
    }

    /// Puts an unmovable page into a block, or takes those of the blocks away, if the simulated machine then answers what
    /// the kernel did, and does not otherwise.
    private mutating func reconcile(
        _ operation: Operation, with answer: [String: JSON], by blocks: [UInt64],
        _ attempt: (Responder) -> [String: JSON]
    ) {
        func agrees(after changes: [Operation]) -> Bool {
            let trial = Responder(DirectPlace(machine))
            for change in changes { _ = trial.answer(to: change) }
            _ = trial.answer(to: .uevents)
            return attempt(trial) == answer
        }
        guard !agrees(after: []) else { return }
        let freed = blocks.filter(pinned.contains).map { Operation.unpin(block: $0) }
        let added = blocks.filter { !pinned.contains($0) }.map { Operation.pin(block: $0) }
        let changes = added.map { [$0] } + (freed.isEmpty ? [] : [freed]) + freed.map { [$0] }
        for change in changes.first(where: agrees) ?? [] {
            switch change {
            case .pin(let block): pinned.insert(block)
            case .unpin(let block): pinned.remove(block)
            default: break
            }
            _ = keep(change, answer: [:])
        }
    }

    /// The block whose `state` or `online` a path is.
    private static func block(ofStateFile path: String) -> UInt64? {
        let words = path.split(separator: "/")
        guard words.count >= 2, let file = words.last, file == "state" || file == "online",
            words[words.count - 2].hasPrefix("memory")
        else { return nil }
        return UInt64(words[words.count - 2].dropFirst("memory".count))
    }
}
