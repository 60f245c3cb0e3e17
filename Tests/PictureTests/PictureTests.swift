// SPDX-License-Identifier: Apache-2.0
// swift-format-ignore-file: NeverForceUnwrap

import MemoryModel
import Picture
import SysfsTree
import Testing

@Suite struct `A picture in characters` {
    @Test func `is drawn like this`() throws {
        let text = TextPicture(try Drawn.map("default", Drawn.mixed), .init()).text
        #expect(
            text == """
                x86_64, Linux 6.1: 34 blocks of 128M

                node0  processors 0-3  DMA 15.6M  DMA32 2.9G  Normal 1G  Movable 128M  free 3.9G
                    0 x:D D D D D D D D D D D D D D D D D D D D D D D
                   32 n.N N#n.N N N n+M -

                A cell is a block.  D DMA32  N Normal  M Movable  X several zones or states
                  - offline  small letter: something in it cannot move
                  in use: . : + # a quarter each

                """)
    }

    @Test(arguments: Drawn.machines, [20, 40, 80, 200])
    func `fits the columns there are`(name: String, columns: Int) throws {
        let text = TextPicture(try Drawn.map(name), .init(columns: columns, rows: 12)).text
        // Words are not broken: a long one may be longer than a very narrow place.
        let longest = text.split(separator: "\n").map(\.count).max() ?? 0
        #expect(longest <= max(columns, 48), "\(text)")
        let isASCII = text.utf8.allSatisfy { $0 < 128 }
        #expect(isASCII)
    }

    @Test func `says the same with colours`() throws {
        let map = try Drawn.map("default", Drawn.mixed)
        let plain = TextPicture(map, .init()).text
        var picture = TextPicture(map, .init(hasColour: true))
        let bare = picture.text.replacing(/\u{1b}\[[0-9;]*m/, with: "").split(separator: "\n").map { line in
            line.reversed().drop { $0 == " " }.reversed().map(String.init).joined()
        }
        #expect(bare == plain.split(separator: "\n").map(String.init))
        picture.changed = [40...40]
        picture.cursor = 41
        #expect(picture.text.contains("\u{1b}[32;1;4mM ") && picture.text.contains("\u{1b}[90;7m- "))
    }

    @Test func `marks the cursor where there are no colours`() throws {
        var picture = TextPicture(try Drawn.map("default"), .init())
        picture.cursor = 3
        #expect(picture.text.contains("D [DD D"))
    }
}

@Suite struct `A picture in SVG` {
    @Test func `has a cell for each block, that says what it is`() throws {
        let svg = VectorPicture(try Drawn.map("default", Drawn.mixed)).svg
        #expect(svg.hasPrefix("<svg xmlns=") && svg.hasSuffix("</svg>\n"))
        #expect(svg.matches(of: /<title>/).count == 34)
        #expect(svg.contains("<title>memory40: Movable, 0 of 32768 pages in use</title>"))
        #expect(svg.contains("memory35: Normal, 3 of 32768 pages in use, something in it cannot move"))
    }

    @Test func `takes a title as it is`() throws {
        let svg = VectorPicture(try Drawn.map("default"), title: "a < b & \"c\"").svg
        #expect(svg.contains("a &lt; b &amp; &quot;c&quot;") && !svg.contains("a < b"))
    }
}

@Suite struct `An explanation, read back` {
    private func told(_ subject: Explanation.Subject, _ question: Question) throws -> Explanation {
        let machine = try Drawn.machine("default", Drawn.mixed)
        return try #require(Explanation(machine.explanationText(question), about: subject))
    }

    @Test func `tells of a block why it stays and what to do`() throws {
        let text = try told(.block(35), .block(BlockID(35))).text()
        #expect(text.contains("would be refused with errno 16: failure to isolate range"))
        #expect(text.contains("3 dma pages of driver, from page frame") && text.contains("echo 'free name=driver' >"))
    }

    @Test func `tells of pages, a zone and a node`() throws {
        let pages = try told(.pages(35), .pages(BlockID(35))).text()
        #expect(pages.contains("staying") && pages.contains("dma of driver"))
        let zone = try told(.zone(node: 0, name: "Normal"), .zone(NodeID(0), .normal)).text()
        #expect(zone.contains("memory35: 3 dma pages of driver (until freed)") && zone.contains("30000 anon pages"))
        let node = try told(.node(0), .node(NodeID(0))).text()
        #expect(node.contains("memory40: online, Movable, all free") && node.contains("hotmem plan remove-node 0"))
    }

    @Test func `suggests lines for a shell that do no more than they say, whatever names are`() throws {
        let name = "a';touch${IFS}x;'"
        let machine = try Drawn.machine(
            "default", [.allocate(Workload(name: name, kind: .dma, block: BlockID(35), pages: 3))])
        let told = try #require(Explanation(machine.explanationText(.block(BlockID(35))), about: .block(35)))
        #expect(told.text().contains("\n  echo 'free name=a'\\'';touch${IFS}x;'\\''' > /sys/kernel/"))
    }

    @Test func `suggests lines for where the tree is, and for names that shells and options make something of`() throws
    {
        let machine = try Drawn.machine(
            "default",
            [
                .allocate(Workload(name: #"a\cb"#, kind: .dma, block: BlockID(35), pages: 3)),
                .setFault(try Fault([.name: "--all", .kind: "offline", .block: "36"])),
            ])
        let block = try #require(Explanation(machine.explanationText(.block(BlockID(35))), about: .block(35)))
        #expect(
            block.text(root: "/tmp/a b/").contains(
                #"  printf '%s\n' 'free name=a\cb' > '/tmp/a b/sys/kernel/debug/hotmem/workload'"#))
        let fault = try #require(Explanation(machine.explanationText(.block(BlockID(36))), about: .block(36)))
        #expect(fault.text().contains("  hotmem fault clear -- '--all'\n"))
        #expect(fault.text(root: "/tmp/m").contains("  hotmem fault clear --root /tmp/m -- '--all'\n"))
        let node = try #require(Explanation(machine.explanationText(.node(NodeID(0))), about: .node(0)))
        #expect(node.text(root: "/m").contains("hotmem plan remove-node 0 --root /m tells"))
    }

    @Test func `is nothing where it is cut short, or about something else`() throws {
        let text = try Drawn.machine("default").explanationText(.block(BlockID(32)))
        #expect(Explanation(text, about: .block(32)) != nil && Explanation(text, about: .block(33)) == nil)
        #expect(Explanation(text, about: .pages(32)) == nil && Explanation(text, about: .node(0)) == nil)
        let lines = text.split(separator: "\n")
        for count in 0..<lines.count {
            #expect(Explanation(lines.prefix(count).joined(separator: "\n"), about: .block(32)) == nil)
        }
    }
}
