// SPDX-License-Identifier: Apache-2.0

/// A machine drawn as SVG: what ``TextPicture`` says, for pages. Letters and shades are there beside the colours, and it
/// follows the reader's choice of light or dark.
public struct VectorPicture: Sendable {
    private let map: MachineMap
    private let grid: CellGrid
    private let title: String
    private static let (cell, left, line) = (22, 64, 18)

    /// Lays a machine out.
    ///
    /// - Parameters:
    ///   - only: the nodes to be shown; all if it is nil.
    ///   - title: what stands above it.
    public init(_ map: MachineMap, only: Set<Int>? = nil, title: String? = nil) {
        self.map = map
        grid = CellGrid(map, width: 32, height: 64, only: only)
        let size = ByteText.short(UInt64(map.blockSize))
        self.title = title ?? "\(map.architecture), \(map.abi): \(map.blockCount) blocks of \(size)"
    }

    /// The whole file.
    public var svg: String {
        var (body, y) = ("", 30)
        body += text(title, x: 8, y: y - 8, "title")
        for rows in grid.nodes {
            guard let node = map.nodes.first(where: { $0.id == rows.node }) else { continue }
            y += Self.line
            body += text(words(of: node), x: 8, y: y, "node")
            y += 8
            for row in rows.rows {
                body += text("\(row.first)", x: Self.left - 8, y: y + 15, "label")
                for (column, cell) in row.cells.enumerated() {
                    if let cell { body += draw(cell, x: Self.left + column * Self.cell, y: y) }
                }
                y += Self.cell
            }
        }
        y += Self.line
        body += legend(&y)
        let width = Self.left + grid.width * Self.cell + 8
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(y + 10)" width="\(width)" height="\(y + 10)" \
            role="img" aria-label="\(escaped(title))">
            <style>\(Self.style)</style>
            <rect class="page" width="100%" height="100%"/>
            \(body)</svg>

            """
    }

    private func words(of node: MachineMap.Node) -> String {
        let zones = node.zones.map { "\($0.name) \(ByteText.short(UInt64($0.present) * UInt64(map.pageSize)))" }
        return (["node\(node.id)"] + zones).joined(separator: "   ")
    }

    private func draw(_ cell: Cell, x: Int, y: Int) -> String {
        let side = Self.cell - 2
        let full = cell.present == 0 ? 0 : side * cell.used / cell.present
        let height = cell.used > 0 ? max(2, full) : 0
        let blocks =
            cell.blocks.count == 1
            ? "memory\(cell.blocks.lowerBound)" : "memory\(cell.blocks.lowerBound) to \(cell.blocks.upperBound)"
        let kept = cell.keeps ? ", something in it cannot move" : ""
        var drawn =
            "<g><title>\(blocks): \(cell.look.words), \(cell.used) of \(cell.present) pages in use\(kept)</title>"
        drawn +=
            "<rect class=\"\(cell.look.name)\" x=\"\(x)\" y=\"\(y)\" width=\"\(side)\" height=\"\(side)\" rx=\"3\"/>"
        if height > 0 {
            drawn +=
                "<rect class=\"use\" x=\"\(x)\" y=\"\(y + side - height)\" width=\"\(side)\" height=\"\(height)\" rx=\"2\"/>"
        }
        return drawn + text(cell.letter, x: x + side / 2, y: y + 14, "letter") + "</g>\n"
    }

    private func legend(_ y: inout Int) -> String {
        let cells = Array(grid.cells)
        var (body, x) = ("", 8)
        for look in Cell.Look.allCases where cells.contains(where: { $0.look == look }) {
            body += "<rect class=\"\(look.name)\" x=\"\(x)\" y=\"\(y - 11)\" width=\"14\" height=\"14\" rx=\"3\"/>"
            let words = "\(look.letter) \(look.words)"
            body += text(words, x: x + 20, y: y, "legend")
            x += 36 + words.count * 8
        }
        y += Self.line
        let scale = grid.scale == 1 ? "A cell is a block" : "A cell is \(grid.scale) blocks"
        body += text(
            "\(scale); it is filled as far as it is in use. Small letter: something in it cannot move.", x: 8, y: y,
            "legend")
        return body
    }

    private func text(_ words: String, x: Int, y: Int, _ style: String) -> String {
        "<text class=\"\(style)\" x=\"\(x)\" y=\"\(y)\">\(escaped(words))</text>\n"
    }

    private func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
    }

    private static let style = """
        text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1b1f24}.title{font-weight:bold;font-size:14px}\
        .label{text-anchor:end;fill:#57606a}.letter{text-anchor:middle;fill:#fff}.page{fill:#fff}.use{fill:#000;opacity:.35}\
        .dma{fill:#8a6100}.dma32{fill:#0f766e}.normal{fill:#1d4ed8}.highmem{fill:#9d174d}.movable{fill:#15803d}\
        .several{fill:#57606a}.offline{fill:#8c959f}.going-offline{fill:#b91c1c}\
        @media(prefers-color-scheme:dark){text{fill:#e6edf3}.page{fill:#0d1117}.label{fill:#9198a1}}
        """
}

extension Cell.Look {
    /// Its class.
    fileprivate var name: String { rawValue.lowercased() }
}
