// SPDX-License-Identifier: Apache-2.0

public import MemoryModel

/// A session's state, to be written down and gone on with in another process: what its tree shows and answers from then on is
/// what this one's would. Open files are not in it, as they are their descriptors' state.
extension TreeSession {
    /// What a session has beside open files and who listens to it.
    public struct State: Sendable, Codable {
        /// The machine.
        public let machine: Machine
        /// What chmod and chown changed, by inode.
        let ownership: [Inode: Ownership]
        /// Writes that wait, by what the machine calls them.
        let waiting: [Ticket: Rest]
        /// The number of the latest write.
        let lastWrite: UInt64
        /// Of a captured machine: what its texts are compared with.
        let captured: CapturedView.State?

        private enum CodingKeys: CodingKey {
            case machine, ownership, waiting, lastWrite, captured
        }

        fileprivate init(_ session: TreeSession) {
            machine = session.machine
            (ownership, waiting, lastWrite) = (session.ownership, session.waiting, session.lastWrite)
            captured = session.captured?.state
        }

        /// Reads a state.
        ///
        /// - Throws: where it does not hold together.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            machine = try container.decode(Machine.self, forKey: .machine)
            ownership = try container.decode([Inode: Ownership].self, forKey: .ownership)
            waiting = try container.decode([Ticket: Rest].self, forKey: .waiting)
            lastWrite = try container.decodeIfPresent(UInt64.self, forKey: .lastWrite) ?? 0
            captured = try container.decodeIfPresent(CapturedView.State.self, forKey: .captured)
            let boot = captured?.boot.description ?? machine.description
            guard (captured == nil) == (machine.description.captured == nil), boot == machine.description,
                lastWrite < .max / 2
            else {
                throw DecodingError.dataCorruptedError(
                    forKey: .captured, in: container, debugDescription: "a session of another machine")
            }
        }
    }

    /// What it has now.
    ///
    /// - Complexity: O(1); what the session does from now on is not in it.
    public var state: State { State(self) }

    /// Goes on from a state.
    public convenience init(restoring state: State) {
        self.init(machine: state.machine)
        restore(state)
    }

    /// Goes on from a state in place of its own.
    public func restore(_ state: State) {
        machine = state.machine
        (ownership, waiting, lastWrite) = (state.ownership, state.waiting, state.lastWrite)
        captured = nil
        if let files = state.machine.description.captured, let captured = state.captured {
            self.captured = CapturedView(files, captured)
        }
        forgetListings()
    }

    /// The writes that wait for an answer (``onAnswer``), in the order they were made.
    public var pendingWrites: [PendingWrite] { waiting.values.map(\.write).sorted { $0.number < $1.number } }
}

extension CapturedView {
    /// What tells whether a captured text still holds.
    struct State: Sendable, Codable {
        /// The machine as it booted.
        let boot: Machine
        /// Blocks that went on- or offline since.
        let changed: Set<BlockID>
    }

    var state: State { State(boot: boot, changed: changed) }

    init(_ files: CapturedFiles, _ state: State) {
        self.init(files, atBoot: state.boot)
        changed = state.changed
    }
}

/// By its number.
extension Inode: Codable {
    /// Reads a number.
    ///
    /// - Throws: for one that no inode has.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let inode = Inode(try container.decode(UInt64.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no inode has this number")
        }
        self = inode
    }

    /// Writes its number.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}

extension TreeSession.Rest: Codable {
    private enum CodingKeys: CodingKey {
        case write, inode, text, commands, count
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        write = try container.decode(TreeSession.PendingWrite.self, forKey: .write)
        inode = try container.decode(Inode.self, forKey: .inode)
        text = try container.decode(String.self, forKey: .text)
        commands = try container.decode([Command].self, forKey: .commands)[...]
        count = try container.decode(Int.self, forKey: .count)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(write, forKey: .write)
        try container.encode(inode, forKey: .inode)
        try container.encode(text, forKey: .text)
        try container.encode(Array(commands), forKey: .commands)
        try container.encode(count, forKey: .count)
    }
}
