// SPDX-License-Identifier: Apache-2.0

/// Memory that is in use from boot on: a `[[workload]]` of a machine file.
public enum BootWorkload: Sendable, Equatable, Codable {
    /// Memory under a name, some of it pinned, or under I/O that does not end.
    case memory(Workload, pinned: UInt64, isStalled: Bool)
    /// Work that allocates and frees at random.
    case background(BackgroundLoad)

    /// Its name.
    public var name: String {
        switch self {
        case .memory(let workload, _, _): workload.name
        case .background(let load): load.name
        }
    }

    /// The commands that bring it about.
    var commands: [Command] {
        switch self {
        case .background(let load): return [.background(load)]
        case .memory(let workload, let pinned, let isStalled):
            var commands: [Command] = [.allocate(workload)]
            if pinned > 0 { commands.append(.pin(name: workload.name, pages: pinned, true)) }
            if isStalled { commands.append(.stall(name: workload.name, true)) }
            return commands
        }
    }
}
