// SPDX-License-Identifier: Apache-2.0

import SysfsTree

/// The reference as pages of a documentation catalog, by file name: one for each kind of directory that has files, and
/// one that leads to them.
struct ReferencePages {
    let presence: Presence

    /// The pages; directories whose files are the same (each device's `power`) share one.
    func all() -> [String: String] {
        var pages = [Self.contents + ".md": contents()]
        for listings in Self.byPage.values where !listings[0].leaves.isEmpty {
            pages[Self.name(listings[0].kind) + ".md"] = page(listings)
        }
        return pages
    }

    static let contents = "Files"

    private static let byPage = Dictionary(grouping: TreeListing.all) { name($0.kind) }

    private static func name(_ kind: DirectoryKind) -> String {
        let word = "\(kind)"
        return contents + "-" + (word.hasSuffix("Power") ? "power" : word)
    }

    /// A path without what it begins with on most pages.
    private static func title(_ path: String) -> String {
        let prefixes = ["/sys/devices/system/", "/sys/devices/LNXSYSTM:00/LNXSYBUS:00/", "/sys/", "/"]
        return prefixes.first { path.hasPrefix($0) }.map { String(path.dropFirst($0.count)) } ?? path
    }

    private func contents() -> String {
        var text = """
            # Every file

            What is in the tree: each directory with its files, what they say, and where the kernel's documents speak of
            them.

            ## Overview

            These pages are made of the tables that the tree itself is made of, so that nothing is left out. N stands for a
            number: `memoryN` for `memory0`, `memory1` and so on.


            """
        for listing in TreeListing.all where !"\(listing.kind)".hasSuffix("Power") {
            let depth = listing.path == "/" ? 0 : listing.path.split(separator: "/").count
            let last = depth == 0 ? "/" : String(listing.path.split(separator: "/").last ?? "")
            let name = listing.leaves.isEmpty ? "`\(last)`" : "[`\(last)`](doc:\(Self.name(listing.kind)))"
            text += String(repeating: "  ", count: depth) + "- \(name): \(FileTexts.about(listing.kind))\n"
        }
        text += "\nEach device has a directory [`power`](doc:\(Self.name(.memoryPower))).\n"
        text += "\n## Topics\n\n### Directories\n\n"
        var named: Set<String> = []
        for listing in TreeListing.all where !listing.leaves.isEmpty && named.insert(Self.name(listing.kind)).inserted {
            text += "- <doc:\(Self.name(listing.kind))>\n"
        }
        return text
    }

    private func page(_ listings: [TreeListing]) -> String {
        let listing = listings[0]
        let isShared = listings.count > 1
        var text = "# " + (isShared ? "power, of every device" : Self.title(listing.path)) + "\n\n"
        text += FileTexts.about(listing.kind) + "\n\n## Where it is\n\n"
        text += listings.map { "- `\($0.path)`\n" }.joined() + "\n"
        let said = FileTexts.entries(of: listing.kind)
        let files = listing.leaves.filter { !$0.isLink }
        let links = listing.leaves.filter(\.isLink)
        for (title, entries) in [("Files", files), ("Links", links)] where !entries.isEmpty {
            text += "## \(title)\n\n"
            for entry in entries { text += section(entry, said[entry.name], isShared) }
        }
        let directories = listing.directories
        if !directories.isEmpty {
            text += "## Directories\n\n"
            for (name, kind) in directories {
                let words = name.replacing(", ", with: "`, `")
                let hasPage = Self.byPage[Self.name(kind)]?.first?.leaves.isEmpty == false
                let link = hasPage ? "[`\(words)`](doc:\(Self.name(kind)))" : "`\(words)`"
                text += "- \(link): \(FileTexts.about(kind))\n"
            }
        }
        return text
    }

    private func section(_ entry: TreeListing.Entry, _ said: Said?, _ isShared: Bool) -> String {
        var facts: [String] = []
        if case .file(let mode) = entry.kind { facts.append("Mode 0" + String(mode, radix: 8)) }
        let machines = isShared ? "" : presence.words(for: entry)
        if !machines.isEmpty { facts.append("only on " + machines) }
        if let document = said?.document { facts.append(document.words) }
        let verbs = said?.document == .hotmem ? Self.verbs(of: entry.name) : ""
        return "### \(entry.name)\n\n\(said?.text ?? "")\n\n\(verbs)*\(facts.joined(separator: " · "))*\n\n"
    }

    /// What can be written to a control, a line a verb.
    private static func verbs(of name: String) -> String {
        let verbs = Control.all.first { $0.name == name }?.verbs ?? []
        let lines = verbs.map { verb in
            let keys =
                verb.keys.map { $0.isRequired ? "\($0.name)=" : "[\($0.name)=]" } + (verb.takesText ? ["TEXT"] : [])
            return "- `\(([verb.name] + keys).joined(separator: " "))`: \(verb.summary)\n"
        }
        return lines.isEmpty ? "" : lines.joined() + "\n"
    }
}

extension TreeListing {
    /// The files and links.
    var leaves: [Entry] { entries.filter { if case .directory = $0.kind { false } else { true } } }

    /// The directories in it.
    var directories: [(name: String, kind: DirectoryKind)] {
        entries.compactMap { if case .directory(let kind) = $0.kind { ($0.name, kind) } else { nil } }
    }
}

extension TreeListing.Entry {
    /// Whether it is a symbolic link.
    var isLink: Bool { if case .link = kind { true } else { false } }
}
