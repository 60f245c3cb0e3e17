// SPDX-License-Identifier: Apache-2.0

import MemoryModel

extension EventRecord {
    /// The event in words, for logs and for people.
    public var words: String {
        func value(_ key: String) -> String { self[key] ?? "" }
        switch kind {
        case .uevent:
            let own: Set = ["ACTION", "DEVPATH", "SUBSYSTEM"]
            let more = values.filter { !own.contains($0.key) }.map { " \($0.key)=\($0.value.description)" }
            return "uevent \(value("ACTION"))@\(value("DEVPATH"))" + more.joined()
        case .notifier:
            let refused = self["reason"].map { ", refused: \($0) (errno \(value("errno")))" } ?? ""
            return "notifier chain: \(value("action")), page frames from \(value("start_pfn")), "
                + "\(value("nr_pages")) pages" + refused
        case .state: return "\(value("block")) is \(value("state"))"
        case .migration:
            return "\(value("pages")) pages of \(value("block")) moved to node\(value("node")), zone \(value("zone"))"
        case .waiting: return "\(value("block")) waits: \(value("reason"))"
        case .zone: return "node\(value("node")), zone \(value("zone")): span and pages changed"
        case .workload: return "workload \(value("name")) changed"
        case .poison: return "page frame \(value("pfn")) is out of use"
        case .firmware: return "the firmware was told of \(value("device")): \(value("event")), \(value("status"))"
        case .fault: return "fault \(value("name")): " + faultWords
        case .refused:
            let reason = "\(value("reason")) (errno \(value("errno")))"
            guard let file = self["file"] else { return "done, but part of it was refused: \(reason)" }
            return "\(value("text").debugDescription) to \(file) refused: \(reason)"
        case .note: return "note: \(value("text"))"
        case .lost:
            // A process's first socket has its number as its port, others have ports that no process has.
            let isProcess = Int64(value("listener")).map { $0 <= 4_194_304 } ?? false
            let listener = (isProcess ? "process " : "a socket with netlink port ") + value("listener")
            return "a full buffer: uevents that \(listener) did not read in time and lost: \(value("uevents"))"
        }
    }
    /// What a fault did.
    private var faultWords: String {
        func value(_ key: String) -> String { self[key] ?? "" }
        let uevent = "\(value("ACTION"))@\(value("DEVPATH"))"
        switch self["fault"].flatMap(FaultKind.init) {
        case .offline, .online: return "\(value("block")) may not go \(value("fault")) (errno \(value("errno")))"
        case .memmap: return "no memory for the memory map of \(value("block"))"
        case .stuck:
            return "a page of \(value("block")) will not migrate" + (self["delay"].map { " for \($0)" } ?? "")
        case .slow: return "each page of \(value("block")) takes \(value("delay")) to migrate"
        case .delay: return "uevent \(uevent) is sent \(value("delay")) later"
        case .lose: return "uevent \(uevent) is lost"
        case .double: return "uevent \(uevent) is sent twice"
        case .reorder: return "uevent \(uevent) is sent after the next one, or \(value("delay")) later"
        case .flood: return "\(value("uevents")) other uevents are sent before \(uevent)"
        case nil: return value("fault")
        }
    }
}
