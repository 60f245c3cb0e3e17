// SPDX-License-Identifier: Apache-2.0

/// A manual page in the language of man(7).
struct Roff {
    private(set) var text: String
    private var isBelowTitle = false

    /// Begins a page.
    ///
    /// - Parameters:
    ///   - page: its name, with the section: `hotmem-run(1)`.
    ///   - about: one line for whatis(1).
    init(_ page: PageName, _ about: String, _ edition: Edition) {
        text = ".\\\" Made by hotmem-manual from the program itself. Do not edit.\n"
        let words = [page.name.uppercased(), page.section, edition.date, "hotmem \(edition.version)", "hotmem"]
        text += ".TH " + words.map { "\"\($0)\"" }.joined(separator: " ") + "\n"
        // Names of pages, files and keys are not to be broken.
        text += ".nh\n.ad l\n"
        section("NAME")
        text += "\(Self.escaped(page.name)) \\- \(Self.escaped(about))\n"
    }

    mutating func section(_ title: String) { begin(".SH", title) }
    mutating func subsection(_ title: String) { begin(".SS", title) }

    private mutating func begin(_ macro: String, _ title: String) {
        text += "\(macro) \"\(Self.escaped(title))\"\n"
        isBelowTitle = true
    }

    /// Roff of one paragraph; below a title one begins by itself.
    private mutating func paragraph(roff: String) {
        text += isBelowTitle ? roff : ".PP\n" + roff
        isBelowTitle = false
    }

    /// A paragraph that is filled.
    mutating func paragraph(_ words: String) { paragraph(roff: Self.lines(Self.escaped(words))) }

    /// Lines that stay as they are.
    mutating func verbatim(_ lines: [String]) {
        paragraph(roff: ".RS 4\n.EX\n" + lines.map { Self.lines(Self.escaped($0)) }.joined() + ".EE\n.RE\n")
    }

    /// A term that is explained. The term is roff already; see ``bold(_:)`` and ``italic(_:)``.
    mutating func item(_ term: String, _ words: String) {
        text += ".TP\n" + term + "\n" + Self.lines(Self.escaped(words))
        isBelowTitle = false
    }

    /// Items that belong to the item before, until it is ended.
    mutating func nested(_ inside: (inout Roff) -> Void) {
        text += ".RS\n"
        inside(&self)
        text += ".RE\n"
    }

    /// A command's synopsis: roff, a paragraph each.
    mutating func synopsis(_ lines: [String]) {
        for line in lines { paragraph(roff: line + "\n") }
    }

    /// References to other pages.
    mutating func references(_ pages: [PageName]) {
        section("SEE ALSO")
        text += pages.map { "\(Self.bold($0.name))(\($0.section))" }.joined(separator: ",\n") + "\n"
    }

    static func bold(_ word: String) -> String { "\\fB\(escaped(word))\\fR" }
    static func italic(_ word: String) -> String { "\\fI\(escaped(word))\\fR" }

    /// Text whose characters mean themselves, hyphens and quotes included: they are to be copied from a terminal.
    static func escaped(_ text: String) -> String {
        text.reduce(into: "") { $0 += special[$1] ?? String($1) }
    }

    private static let special: [Character: String] = [
        "\\": "\\(rs", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti", "\"": "\\(dq",
    ]

    /// A line, ended, that is no request even if it begins with a full stop.
    private static func lines(_ text: String) -> String {
        (text.hasPrefix(".") ? "\\&" : "") + text + "\n"
    }
}

/// The name of a page, and the manual's section that it is in.
struct PageName {
    let name: String
    let section: String

    init(_ name: String, _ section: Int) { (self.name, self.section) = (name, "\(section)") }

    var file: String { "\(name).\(section)" }
}

/// What all pages say of themselves.
struct Edition {
    let version: String
    let date: String
}
