// SPDX-License-Identifier: Apache-2.0

import Glibc
import Picture

/// A running machine on a terminal: its map, a cursor, and what lives where the cursor is.
struct MapViewer {
    private let only: Set<Int>?
    private let hasColour: Bool
    private let ask: (Explanation.Subject) throws(Failure) -> String
    private let read: () throws(Failure) -> MachineMap?
    private var cursor: Int?
    /// The blocks that are shown, and those that were before; none for all.
    private var zooms: [ClosedRange<Int>] = []
    /// What changed lately, and in which turn.
    private var changes: [(blocks: ClosedRange<Int>, turn: Int)] = []
    private var turn = 0
    /// What is told in place of the map, and the first of its lines that is shown.
    private var story: (subject: Explanation.Subject, lines: [Substring], offset: Int)?
    private var pause = ReadingPause()
    /// How many turns a change is marked.
    private static let marked = 5
    /// In how many turns what is told is asked for again though the map is the same.
    private static let asking = 10

    /// - Parameters:
    ///   - only: the nodes to be shown; all if it is nil.
    ///   - ask: what the machine says of a subject.
    ///   - read: the machine as it is; nil when it has ended.
    init(
        only: Set<Int>?, hasColour: Bool, ask: @escaping (Explanation.Subject) throws(Failure) -> String,
        read: @escaping () throws(Failure) -> MachineMap?
    ) {
        (self.only, self.hasColour, self.ask, self.read) = (only, hasColour, ask, read)
    }

    /// Shows it until the machine ends, or somebody presses q.
    func run() throws {
        var viewer = self
        let screen = TerminalScreen()
        defer {
            screen.close()
            // What was to end the process does.
            if screen.endingSignal != 0 {
                signal(screen.endingSignal, SIG_DFL)
                raise(screen.endingSignal)
            }
        }
        var last: MachineMap?
        while screen.endingSignal == 0 {
            guard let map = try viewer.pause.measure(read) else { return }
            if let last, last != map { viewer.note(changesFrom: last, to: map) }
            // Faults and injected errors are told of, too, and are not in the map.
            if last != map || viewer.turn.isMultiple(of: Self.asking) { viewer.tell() }
            last = map
            let size = TerminalSize.current ?? TerminalSize(columns: 80, rows: 24)
            let picture = viewer.picture(of: map, size)
            screen.show(viewer.text(picture, map, size), rows: size.rows)
            if let key = screen.key(within: viewer.pause.milliseconds), !viewer.take(key, picture.grid, size) { return }
            viewer.turn += 1
            viewer.changes.removeAll { viewer.turn - $0.turn >= Self.marked }
        }
    }

    private mutating func note(changesFrom old: MachineMap, to new: MachineMap) {
        changes += MachineMap.changedBlocks(from: old, to: new).map { ($0, turn) }
    }

    private func picture(of map: MachineMap, _ size: TerminalSize) -> TextPicture {
        let shown = zooms.last.map(map.limited) ?? map
        let rows = max(1, size.rows - 3 * max(1, only?.count ?? shown.nodes.count) - 8)
        let style = TextPicture.Style(
            columns: size.columns, rows: rows, hasColour: hasColour, hasUnicode: TerminalSize.hasUnicode)
        var picture = TextPicture(shown, style, only: only)
        picture.changed = changes.map(\.blocks)
        picture.cursor = cursor
        return picture
    }

    private func text(_ picture: TextPicture, _ map: MachineMap, _ size: TerminalSize) -> String {
        if let story {
            return story.lines.dropFirst(story.offset).flatMap { Self.wrapped($0, size.columns) }.prefix(
                max(1, size.rows - 2)
            ).joined(
                separator: "\n")
                + "\n\nEscape: back   up, down: more   q: end"
        }
        // What is under the cursor and the keys are always there, and the picture as far as there is room.
        let (lines, cursorLine) = picture.drawn
        let room = max(1, size.rows - 3)
        let first = min(max(0, (cursorLine ?? 0) - room / 2), max(0, lines.count - room))
        return lines.dropFirst(first).prefix(room).joined(separator: "\n")
            + "\n\n\(detail(picture.grid, map).prefix(size.columns))\n"
            + "arrows, Enter: what lives there, p: pages, q: end".prefix(size.columns)
    }

    /// A line in parts that fit.
    private static func wrapped(_ line: Substring, _ columns: Int) -> [String] {
        guard line.count > columns else { return [String(line)] }
        var (parts, rest): ([String], Substring) = ([], line)
        while !rest.isEmpty {
            parts.append(String(rest.prefix(columns)))
            rest = rest.dropFirst(columns)
        }
        return parts
    }

    /// What the cell under the cursor is.
    private func detail(_ grid: CellGrid, _ map: MachineMap) -> String {
        guard let cursor, let cell = grid.cells.first(where: { $0.blocks.contains(cursor) }) else { return "" }
        let name =
            cell.blocks.count == 1
            ? "memory\(cell.blocks.lowerBound)" : "memory\(cell.blocks.lowerBound)-\(cell.blocks.upperBound)"
        let use =
            cell.look == .offline ? "" : ": \(cell.used) of \(cell.present) pages in use, \(cell.staying) cannot move"
        return "\(name)  \(cell.look.words)\(use)"
    }

    /// Does what a key asks for.
    ///
    /// - Returns: whether to go on.
    private mutating func take(_ key: TerminalScreen.Key, _ grid: CellGrid, _ size: TerminalSize) -> Bool {
        switch key {
        case .character("q"): return false
        case .escape: if story != nil { story = nil } else { cursor = zooms.popLast()?.lowerBound ?? cursor }
        case .up, .down: if story != nil { scroll(key == .up ? -1 : 1) } else { move(key, grid) }
        case .left, .right, .first, .last: if story == nil { move(key, grid) }
        case .enter: enter(grid)
        case .character("p"):
            guard let cell = cell(under: grid), cell.blocks.count == 1 else { return true }
            tell(of: .pages(cell.blocks.lowerBound))
        case .character: break
        }
        return true
    }

    private mutating func tell(of subject: Explanation.Subject) {
        story = (subject, [], 0)
        tell()
    }

    /// Asks the machine for what is told, if anything is; what was told stays where it cannot be asked now.
    private mutating func tell() {
        guard let told = story else { return }
        let text: String
        do throws(Failure) { text = try ask(told.subject) } catch {
            guard told.lines.isEmpty else { return }
            text = error.line
        }
        story?.lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    private mutating func scroll(_ lines: Int) {
        guard let told = story else { return }
        story?.offset = min(max(0, told.offset + lines), max(0, told.lines.count - 1))
    }

    private func cell(under grid: CellGrid) -> Cell? {
        cursor.flatMap { cursor in grid.cells.first { $0.blocks.contains(cursor) } }
    }

    private mutating func enter(_ grid: CellGrid) {
        guard story == nil, let cell = cell(under: grid) else { return }
        if cell.blocks.count == 1 {
            tell(of: .block(cell.blocks.lowerBound))
        } else {
            zooms.append(cell.blocks)
            cursor = cell.blocks.lowerBound
        }
    }

    /// Moves the cursor to the next cell there is in a direction.
    private mutating func move(_ key: TerminalScreen.Key, _ grid: CellGrid) {
        let rows = grid.nodes.flatMap(\.rows)
        let places = rows.enumerated().flatMap { row, content in
            content.cells.enumerated().compactMap { column, cell in cell.map { (row: row, column: column, cell: $0) } }
        }
        guard let at = places.firstIndex(where: { cursor.map($0.cell.blocks.contains) ?? false }) else {
            cursor = places.first?.cell.blocks.lowerBound
            return
        }
        let here = places[at]
        let target: Int?
        switch key {
        case .left: target = at > 0 ? at - 1 : nil
        case .right: target = at + 1 < places.count ? at + 1 : nil
        case .first: target = places.isEmpty ? nil : 0
        case .last: target = places.indices.last
        case .up: target = nearest(in: places, rows: { $0 < here.row }, isUp: true, column: here.column)
        default: target = nearest(in: places, rows: { $0 > here.row }, isUp: false, column: here.column)
        }
        if let target { cursor = places[target].cell.blocks.lowerBound }
    }

    private func nearest(
        in places: [(row: Int, column: Int, cell: Cell)], rows isMeant: (Int) -> Bool, isUp: Bool, column: Int
    ) -> Int? {
        let others = places.indices.filter { isMeant(places[$0].row) }
        guard let row = (isUp ? others.last : others.first).map({ places[$0].row }) else { return nil }
        return others.filter { places[$0].row == row }.min {
            abs(places[$0].column - column) < abs(places[$1].column - column)
        }
    }
}
