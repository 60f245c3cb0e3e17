// SPDX-License-Identifier: Apache-2.0

extension Explanation {
    /// The answer in words: what holds first, then why, then what would have to happen.
    ///
    /// - Parameter root: where the machine's tree is, for lines that somebody may copy into a shell.
    public func text(root: String = "") -> String {
        let words = ExplanationWords(told: self, root: String(root.reversed().drop { $0 == "/" }.reversed()))
        return switch subject {
        case .block(let number): words.aboutBlock(number)
        case .pages(let number): words.aboutPages(number)
        case .zone(let node, let name): words.aboutZone(name, node)
        case .node(let number): words.aboutNode(number)
        }
    }
}

/// An answer in words.
private struct ExplanationWords {
    let told: Explanation
    /// Where the tree is, without a slash at its end.
    let root: String

    private var first: ReportLine { told.first }
    private var result: String { told.result }
    private func lines(_ subject: String) -> [ReportLine] { told.lines(subject) }

    // MARK: A block

    func aboutBlock(_ number: Int) -> String {
        var text = "memory\(number), \(first["state"] ?? ""), node\(first.number("node"))"
        if let zone = first["zone"] { text += ", zone \(zone)" }
        text += "\n\n"
        if let lock = lines("lock").first {
            text +=
                "memory\(lock.number("block")) is on its way offline and holds the hotplug lock: all of this waits for it.\n\n"
        }
        text += lines("try").map { sentence($0, number) + "\n" }.joined()
        if first["state"] != "offline" {
            text += section("In it:", contents)
            text += section(
                "Where its movable pages would go:",
                lines("to").map {
                    "\($0.number("pages")) to node\($0.number("node")), zone \($0["zone"] ?? "") (distance \($0.number("distance")))"
                } + lines("homeless").map { "\($0.number("pages")) nowhere: there is no room" })
        }
        text += section("What keeps it:", lines("kept").map(Self.keeper))
        text += section("What would have to happen first:", steps(lines("kept")))
        return text
    }

    private func sentence(_ line: ReportLine, _ number: Int) -> String {
        let write =
            "echo \(line["type"] ?? "") > " + ShellText.word("\(root)/sys/devices/system/memory/memory\(number)/state")
        switch line["comes"] {
        case "done":
            guard let zone = line["zone"] else { return "\(write)  would be done" }
            return "\(write)  would be done, to zone \(zone)"
        case "waits": return "\(write)  would wait: \(line["reason"] ?? "")"
        default: return "\(write)  would be refused with errno \(line["errno"] ?? ""): \(line["reason"] ?? "")"
        }
    }

    private var contents: [String] {
        var rows = lines("holds").map { line in
            let (pages, kind) = (line.number("pages"), line["kind"] ?? "")
            let what = "\(pages) \(kind) page\(pages == 1 ? "" : "s") of \(line["owner"] ?? "")"
            return "\(what), from page frame \(line.number("pfn")) on: \(line["why"] ?? "can move")"
        }
        for (key, words) in [("reserved", "reserved since boot"), ("broken", "broken"), ("free", "free")] {
            let pages = first.number(key)
            if pages > 0 { rows.append("\(pages) page\(pages == 1 ? "" : "s") \(words)") }
        }
        return rows
    }

    // MARK: Pages

    func aboutPages(_ number: Int) -> String {
        guard !told.lines.isEmpty else { return "memory\(number) is \(result): no pages of it are in use.\n" }
        let rows = lines("pfn").map { line in
            [
                line["pfn"] ?? "", line["use"] ?? "", line["type"] ?? "", line["order"].map { "order \($0)" } ?? "",
                (line["kind"].map { "\($0) of \(line["owner"] ?? "")" } ?? "")
                    + (line["pinned"] == "1" ? ", pinned" : ""),
            ]
        }
        return Self.table([["PAGE FRAMES", "USE", "PAGEBLOCK", "CHUNKS", "WHOSE"]] + rows)
    }

    // MARK: A zone, a node

    func aboutZone(_ name: String, _ node: Int) -> String {
        let (start, spanned) = (first.number("start_pfn"), first.number("spanned"))
        var text = "zone \(name) of node\(node): page frames \(start) to \(start + max(0, spanned - 1)), "
        text += "\(first.number("present")) pages there, \(first.number("free")) of them free"
        text += " (allocations leave \(first.number("min")) and wake reclaim below \(first.number("low")))\n"
        text += section("Its blocks:", lines("block").map(Self.blocks))
        text += section(
            "Within its span, and not in it:",
            lines("stranger").map(Self.blocks) + lines("hole").map { "memory\($0["block"] ?? ""): not there" })
        text += section("In use:", lines("uses").map { "\($0.number("pages")) \($0["kind"] ?? "") pages" })
        return text + keepers
    }

    func aboutNode(_ number: Int) -> String {
        var text = "node\(number): " + (first["cpus"].map { "processors \($0), " } ?? "no processors, ")
        text += "\(first.number("present")) pages there, \(first.number("free")) of them free\n"
        text += section(
            "Its zones:",
            lines("zone").map { "\($0["zone"] ?? ""): \($0.number("present")) pages, \($0.number("free")) free" })
        text += section("Its blocks:", lines("block").map(Self.blocks))
        text += section(
            "Where its allocations look, in order:",
            lines("fallback").map { "node\($0.number("node")) (distance \($0.number("distance")))" })
        text += section(
            "On no memory device, so that it can go offline and not away:",
            lines("fixed").map { "memory\($0["block"] ?? "")" })
        let plan = "hotmem plan remove-node \(number)" + rootOption
        return text + keepers + "\n\(plan) tells what of it could go in which order, and what keeps the rest.\n"
    }

    private var keepers: String {
        var text = "\n\(told.emptied) of its blocks can be emptied, as far as is seen from what is in them.\n"
        text += section(
            "What keeps the others:", lines("kept").map { "memory\($0["block"] ?? ""): \(Self.keeper($0))" })
        return text + section("What would have to happen first:", steps(lines("kept")))
    }

    private static func blocks(_ line: ReportLine) -> String {
        var text = "memory\(line["block"] ?? ""): \(line["state"] ?? "")"
        if let zone = line["zone"] {
            text += ", \(zone)"
        } else if line["state"] == "online" {
            text += ", several zones"
        }
        if let nodes = line["nodes"] { text += ", nodes \(nodes)" }
        if let device = line["device"] { text += ", on \(device)" }
        let used = line.number("movable") + line.number("staying") + line.number("reserved") + line.number("broken")
        guard line["free"] != nil else { return text }
        let many = (line.range("block")?.count ?? 1) > 1 ? " each" : ""
        return text + (used == 0 ? ", all free" : ", \(used) pages in use\(many)")
    }

    // MARK: Parts

    private static func keeper(_ line: ReportLine) -> String {
        let until: String
        switch line["until"] {
        case "never", "filled": until = "for good"
        case "removed": until = "until they are removed"
        case "room": until = "until there is room"
        case "allowed": until = "until it is taken back"
        case "cleared": until = "until it is cleared or over"
        case let word?: until = "until \(word)"
        case nil: until = "for now"
        }
        return "\(line["by"] ?? "") (\(until))"
    }

    /// What to do about each keeper, once.
    private func steps(_ kept: [ReportLine]) -> [String] {
        var steps: [String] = []
        for line in kept {
            let step = step(line)
            if !steps.contains(step) { steps.append(step) }
        }
        return steps
    }

    private func step(_ line: ReportLine) -> String {
        let workload = line["workload"]
        func write(_ verb: String) -> String? {
            workload.map { ShellText.write("\(verb) name=\($0)", to: root + "/sys/kernel/debug/hotmem/workload") }
        }
        switch line["until"] {
        case "freed": return write("free") ?? "its owner frees it"
        case "unpinned": return write("unpin") ?? "its owner unpins it"
        case "resumed": return write("resume") ?? "its I/O goes on"
        case "removed": return "the blocks are removed whose memory map it is: offline, then eject their device"
        case "filled":
            return "another machine, whose memory fills the block: where there are holes, nothing goes offline"
        case "room": return "memory is freed elsewhere, or more of it comes online"
        case "cleared": return clear(line["fault"] ?? "")
        case "allowed":
            return "echo 0 > "
                + ShellText.word(
                    root + "/sys/kernel/debug/notifier-error-inject/memory/actions/\(line["action"] ?? "")/error")
        default:
            return "nothing that would help before another boot, for what stays for good"
        }
    }

    private var rootOption: String { root.isEmpty ? "" : " --root " + ShellText.word(root) }

    /// What clears a fault, whatever it is called.
    private func clear(_ fault: String) -> String {
        "hotmem fault clear\(rootOption) " + (fault.hasPrefix("-") ? "-- " : "") + ShellText.quoted(fault)
    }

    private func section(_ title: String, _ rows: [String]) -> String {
        rows.isEmpty ? "" : "\n\(title)\n" + rows.map { "  \($0)\n" }.joined()
    }

    /// Columns at their width; the last as it is.
    static func table(_ rows: [[String]]) -> String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(
                separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
