// SPDX-License-Identifier: Apache-2.0

/// A machine drawn in characters: two a cell, a letter for what it is and a shade for how much of it is in use.
public struct TextPicture: Sendable {
    /// What the place it is drawn in can show.
    public struct Style: Sendable {
        /// Columns.
        public var columns: Int
        /// Rows for the picture at most.
        public var rows: Int
        /// Whether colours can be shown.
        public var hasColour: Bool
        /// Whether there is more than ASCII.
        public var hasUnicode: Bool

        /// Describes a place.
        public init(columns: Int = 80, rows: Int = 40, hasColour: Bool = false, hasUnicode: Bool = false) {
            (self.columns, self.rows, self.hasColour, self.hasUnicode) = (columns, rows, hasColour, hasUnicode)
        }
    }

    /// The cells.
    public let grid: CellGrid
    private let map: MachineMap
    private let style: Style
    private let labelWidth: Int
    /// What is marked: cells with blocks that have changed.
    public var changed: [ClosedRange<Int>] = []
    /// The block whose cell the cursor is on.
    public var cursor: Int?

    /// Lays a machine out.
    ///
    /// - Parameter only: the nodes to be shown; all if it is nil.
    public init(_ map: MachineMap, _ style: Style, only: Set<Int>? = nil) {
        (self.map, self.style) = (map, style)
        labelWidth = max(4, String(map.runs.last?.blocks.upperBound ?? 0).count) + 2
        grid = CellGrid(map, width: min(64, max(4, (style.columns - labelWidth) / 2)), height: style.rows, only: only)
    }

    /// The picture, with a headline before it and a legend behind.
    public var text: String { drawn.lines.map { $0 + "\n" }.joined() }

    /// The picture's lines, and which of them has the cursor, counted from 0.
    public var drawn: (lines: [String], cursor: Int?) {
        var (lines, place): ([String], Int?) = ([headline], nil)
        for rows in grid.nodes {
            guard let node = map.nodes.first(where: { $0.id == rows.node }) else { continue }
            lines.append("")
            lines += wrapped(words(of: node))
            for row in rows.rows {
                if row.cells.contains(where: isUnderCursor) { place = lines.count }
                lines.append(line(row))
            }
        }
        return ((lines + [""] + legend).map(\.trimmingEnd), place)
    }

    private func isUnderCursor(_ cell: Cell?) -> Bool {
        guard let cell, let cursor else { return false }
        return cell.blocks.contains(cursor)
    }

    private var headline: String {
        let size = ByteText.short(UInt64(map.blockSize))
        let abi = map.abi.split(separator: "-").last.map { ", Linux \($0)" } ?? ""
        return "\(map.architecture)\(abi): \(map.blockCount) block\(map.blockCount == 1 ? "" : "s") of \(size)"
    }

    private func words(of node: MachineMap.Node) -> [String] {
        var items = ["node\(node.id)"]
        if !node.cpus.isEmpty { items.append("processors \(node.cpus)") }
        items += node.zones.map { "\($0.name) \(size($0.present))" }
        return items + ["free \(size(node.free))"]
    }

    private func size(_ pages: Int) -> String { ByteText.short(UInt64(pages) * UInt64(map.pageSize)) }

    /// Items in lines that fit, the later ones indented.
    private func wrapped(_ items: [String]) -> [String] {
        var lines: [String] = []
        for item in items {
            if let last = lines.last, last.count + 2 + item.count <= style.columns {
                lines[lines.count - 1] = last + "  " + item
            } else {
                lines.append(lines.isEmpty ? item : "  " + item)
            }
        }
        return lines
    }

    private func line(_ row: CellGrid.Row) -> String {
        let label = String(row.first)
        var text = String(repeating: " ", count: labelWidth - 1 - label.count) + label + " "
        for cell in row.cells { text += cell.map(characters) ?? "  " }
        return text
    }

    private func characters(of cell: Cell) -> String {
        let plain = cell.letter + String(shades[cell.level])
        let isCursor = isUnderCursor(cell)
        guard style.hasColour else { return isCursor ? "[" + cell.letter : plain }
        var codes = cell.look.colours
        if changed.contains(where: cell.blocks.overlaps) { codes += ";1;4" }
        if isCursor { codes += ";7" }
        return "\u{1b}[\(codes)m\(plain)\u{1b}[0m"
    }

    private var shades: [Character] { style.hasUnicode ? [" ", "░", "▒", "▓", "█"] : [" ", ".", ":", "+", "#"] }

    private var legend: [String] {
        let cells = Array(grid.cells)
        let looks = Cell.Look.allCases.filter { look in cells.contains { $0.look == look } }
        var items = [grid.scale == 1 ? "A cell is a block." : "A cell is \(grid.scale) blocks."]
        items += looks.map { "\($0.letter) \($0.words)" }
        if cells.contains(where: \.keeps) { items.append("small letter: something in it cannot move") }
        if cells.contains(where: { $0.level > 0 }) {
            items.append("in use:" + (1...4).map { " \(shades[$0])" }.joined() + " a quarter each")
        }
        return wrapped(items)
    }
}

extension Cell.Look {
    /// Its colour in a terminal, as a parameter of SGR.
    fileprivate var colours: String {
        switch self {
        case .dma: "33"
        case .dma32: "36"
        case .normal: "34"
        case .highMem: "35"
        case .movable: "32"
        case .mixed: "37"
        case .offline: "90"
        case .goingOffline: "31"
        }
    }
}

extension String {
    fileprivate var trimmingEnd: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
