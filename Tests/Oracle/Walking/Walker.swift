// SPDX-License-Identifier: Apache-2.0

import Transcripts

/// Takes a walk on a live kernel and on the simulated machine, and shrinks what shows a difference.
struct Walker {
    let subject: Subject
    let hardware: VirtualHardware
    let seed: UInt64
    let operations: Int
    /// What went wrong on the way and was mended.
    let say: (String) -> Void

    /// Walks to the end, or to the first difference.
    func walk() throws(KernelFailure) -> Recording {
        try subject.withKernel(say) { (kernel) throws(KernelFailure) in
            let features = try KernelFeatures(of: kernel)
            var walk = Walk(seed: seed, operations: operations, features: features, hardware: hardware)
            return try Recording(kernel, subject.machine, stopsAtFinding: true) {
                walk.next(on: $0.machine, pinned: $0.pinned)
            }
        }
    }

    /// The shortest recording found in time that still shows the difference; the same one if none is shorter.
    func shrunk(_ recording: Recording, until end: ContinuousClock.Instant) -> Recording {
        guard let finding = recording.findings.first else { return recording }
        var best = recording
        subject.expectMore(true)
        defer { subject.expectMore(false) }
        // What showed the difference stays last; what was done and seen before may go.
        let before = recording.steps.prefix(finding.step)
        let shrinker = Shrinker<Operation>(
            isStillShown: { shorter in
                guard let again = again(shorter + [finding.operation], finding) else { return false }
                best = again
                return true
            },
            mayGoOn: { ContinuousClock.now < end })
        // Most of it goes at once: what was looked at, what was refused, what only made a uevent.
        let actions = before.filter { !$0.operation.onlyLooks }
        let effective = actions.filter { $0.answer["errno"] ?? .number(0) == .number(0) && !$0.operation.isUevent }
        let lists = [effective, actions, Array(before)].map { $0.map(\.operation) }
        _ = shrinker.shrunk(lists.first(where: shrinker.isStillShown) ?? [])
        return best
    }

    /// Asks a new kernel; nil if no such difference shows.
    private func again(_ list: [Operation], _ finding: Recording.Finding) -> Recording? {
        let recording: Recording?
        do {
            recording = try subject.withKernel(say) { (kernel) throws(KernelFailure) in
                try Recording(kernel, subject.machine, list, stopsAtFinding: true)
            }
        } catch {
            say("\(error); left out of the shrinking")
            return nil
        }
        guard let recording, let found = recording.findings.first, found.operation == finding.operation else {
            return nil
        }
        let parts = Set(finding.differences.map(\.part.kindOfPart))
        return found.differences.contains { parts.contains($0.part.kindOfPart) } ? recording : nil
    }
}

extension String {
    /// `blocks` of `blocks.40`: the same difference may show at another block.
    fileprivate var kindOfPart: Substring { prefix { $0 != "." } }
}

extension Operation {
    /// Whether it writes to a `uevent` file.
    fileprivate var isUevent: Bool {
        if case .write(let path, _, _) = self { path.hasSuffix("/uevent") } else { false }
    }

    /// Whether it changes nothing.
    fileprivate var onlyLooks: Bool {
        switch self {
        case .read, .open, .link, .list, .status, .uevents, .snapshot, .wait, .pin, .unpin, .answer: true
        case .write, .change, .plug, .unplug, .interrupt: false
        }
    }
}
