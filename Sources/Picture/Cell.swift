// SPDX-License-Identifier: Apache-2.0

/// What a cell of the picture shows: one memory block, or several that follow each other.
public struct Cell: Sendable, Equatable {
    /// What blocks are, in as few kinds as a picture can show.
    public enum Look: String, CaseIterable, Sendable {
        case dma = "DMA"
        case dma32 = "DMA32"
        case normal = "Normal"
        case highMem = "HighMem"
        case movable = "Movable"
        /// Online, with pages of several zones; or blocks that are not alike.
        case mixed = "several"
        case offline = "offline"
        case goingOffline = "going-offline"

        init(_ run: MachineMap.Run) {
            switch run.state {
            case "offline": self = .offline
            case "going-offline": self = .goingOffline
            default: self = run.zone.flatMap { Look(rawValue: $0) } ?? .mixed
            }
        }

        /// The letter that stands for it.
        public var letter: Character {
            switch self {
            case .dma: "A"
            case .dma32: "D"
            case .normal: "N"
            case .highMem: "H"
            case .movable: "M"
            case .mixed: "X"
            case .offline: "-"
            case .goingOffline: "!"
            }
        }

        /// What the letter stands for, in a legend.
        public var words: String {
            switch self {
            case .dma, .dma32, .normal, .highMem, .movable: rawValue
            case .mixed: "several zones or states"
            case .offline: "offline"
            case .goingOffline: "going offline"
            }
        }
    }

    /// The blocks that it stands for, whether each is there or not.
    public let blocks: ClosedRange<Int>
    /// What those are that are there.
    public private(set) var look: Look
    /// Pages online.
    public private(set) var present = 0
    /// Pages in use.
    public private(set) var used = 0
    /// Pages that cannot go from where they are now.
    public private(set) var staying = 0
    /// How many of the blocks are there.
    public private(set) var count = 0

    /// Starts a cell with its first blocks.
    init(_ blocks: ClosedRange<Int>, _ run: MachineMap.Run, count: Int) {
        (self.blocks, look) = (blocks, Look(run))
        add(run, count: count)
    }

    /// Adds blocks.
    mutating func add(_ run: MachineMap.Run, count: Int) {
        if look != Look(run) { look = .mixed }
        self.count += count
        guard run.state != "offline" else { return }
        present += count * run.present
        used += count * run.used
        staying += count * (run.staying + run.reserved)
    }

    /// How much is in use: 0 for nothing, then a quarter each to 4.
    public var level: Int { used == 0 || present == 0 ? 0 : min(4, used * 4 / present + 1) }
    /// Whether something in it keeps a block from going offline.
    public var keeps: Bool { staying > 0 }
    /// The letter that stands for it; a small one where something in it keeps a block.
    public var letter: String { keeps ? look.letter.lowercased() : String(look.letter) }
}
