// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import MemoryModel
import Picture
import SysfsTree

/// `hotmem map`: the machine as a picture.
struct MapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map", abstract: "Draw a machine: a cell for each memory block, node by node.",
        discussion: """
            Each cell is two characters: a letter for its zone or state, small where something in it cannot move, and a \
            shade for how much of it is in use; colours say the same again. Where there are too many blocks for the \
            place, a cell stands for several; what is under the picture says for how many, and what the letters mean.

            --follow goes on until the machine ends or you do. On a terminal, changes are marked for a moment; the arrow \
            keys go to a cell, Enter tells what lives there (and goes into a cell of several blocks), p its pages, \
            Escape goes back, q ends. Elsewhere the picture is printed anew with each change.

            Without --machine it draws the machine that runs: below / inside hotmem run, or below --root.

            EXAMPLES:
              hotmem map --machine two-nodes
              hotmem map --root /tmp/m --follow
              hotmem run -- sh -c 'chmem -d 128M; hotmem map --node 0'
              hotmem map --machine huge --svg huge.svg
            """)

    /// When to use colours.
    enum Colour: String, CaseIterable, ExpressibleByArgument {
        case auto, always, never
    }

    @OptionGroup var asked: AskedMachine

    @Flag(name: .shortAndLong, help: "Go on, and show what changes.")
    var follow = false

    @Option(help: ArgumentHelp("Only this node; may be given several times.", valueName: "number"))
    var node: [Int] = []

    @Option(
        help: ArgumentHelp("Write it as SVG to a file, or - for standard output.", valueName: "file"),
        completion: .file(extensions: ["svg"]))
    var svg: String?

    @Flag(help: "As JSON: one object with nodes and their zones, and blocks in runs of those that are alike.")
    var json = false

    @Option(
        help: "Colours: auto, always or never; auto is never where NO_COLOR is set.",
        completion: .list(["auto", "always", "never"]))
    var color: Colour = .auto

    func validate() throws {
        if svg != nil, json { throw ValidationError("give --svg or --json, not both") }
        if follow, svg != nil || asked.machine != nil {
            throw ValidationError("--follow is for a running machine, and for the terminal or --json")
        }
    }

    func run() throws {
        let map = try read()
        if let unknown = node.first(where: { number in !map.nodes.contains { $0.id == number } }) {
            let known = map.nodes.map { "\($0.id)" }.joined(separator: ", ")
            throw Failure.usage("--node \(unknown): not online; those that are: \(known)")
        }
        if let svg {
            return try OutputFile.write(
                VectorPicture(map, only: only).svg, to: svg, from: MachineOptions.files(of: asked.machine))
        }
        guard follow else { return Terminal.print(text(of: map)) }
        if !json, TerminalSize.isCapable {
            return try MapViewer(only: only, hasColour: hasColour, ask: answer, read: readAgain).run()
        }
        try printChanges(after: map)
    }

    private var only: Set<Int>? { node.isEmpty ? nil : Set(node) }

    private func text(of map: MachineMap) -> String {
        guard !json else { return map.limited(to: only).json }
        let size = TerminalSize.current
        let style = TextPicture.Style(
            columns: TerminalSize.columns ?? 80, rows: max(8, (size?.rows ?? 48) - 8), hasColour: hasColour,
            hasUnicode: TerminalSize.hasUnicode)
        return TextPicture(map, style, only: only).text
    }

    private var hasColour: Bool {
        switch color {
        case .always: true
        case .never: false
        case .auto: TerminalSize.wantsColour
        }
    }

    private func read() throws(Failure) -> MachineMap {
        let text: String
        if let machine = try asked.booted() { text = machine.mapText } else { text = try asked.control("map").read() }
        guard let map = MachineMap(text) else {
            throw Failure.failed("what the control map says is not understood; is it another version's?")
        }
        return map
    }

    /// What the running machine says of a subject, in words.
    private func answer(_ subject: Explanation.Subject) throws(Failure) -> String {
        let explanation = try asked.control("explain").explanation(of: subject)
        return explanation?.text(root: asked.root ?? "") ?? "\(subject.name) is gone.\n"
    }

    /// The machine as it is by now; nil once it has ended.
    private func readAgain() throws(Failure) -> MachineMap? {
        do throws(Failure) { return try read() } catch {
            if (try? asked.control("map")) == nil { return nil }
            throw error
        }
    }

    /// Prints the machine, and again with each change, until it ends.
    private func printChanges(after first: MachineMap) throws {
        var last = first
        Terminal.print(text(of: last))
        var pause = ReadingPause()
        while true {
            if Terminal.isUnread(within: pause.milliseconds) { return }
            guard let map = try pause.measure(readAgain) else { return }
            guard map != last else { continue }
            last = map
            Terminal.print((json ? "" : "\n") + text(of: map))
        }
    }
}
