// SPDX-License-Identifier: Apache-2.0

/// Answers operations from the files of a place, as transcripts have the answers.
public struct Responder {
    private let place: any Place
    /// Whether uevents are all, and not only those of memory, nodes and memory devices.
    private let hasAllUevents: Bool

    /// - Parameters:
    ///   - place: where operations are done.
    ///   - hasAllUevents: whether uevents are all, and not only those of memory, nodes and memory devices.
    public init(_ place: any Place, hasAllUevents: Bool = false) {
        (self.place, self.hasAllUevents) = (place, hasAllUevents)
    }

    /// Does an operation and answers it; with nothing, if it has no answer of its own.
    public func answer(to operation: Operation) -> [String: JSON] {
        do {
            switch operation {
            case .write(let path, let data, let newline): return write(path, data + (newline ? "\n" : ""))
            case .read(let path): return ["errno": .number(0), "data": .text(String(latin1: try place.read(path)))]
            case .open(let path):
                try place.open(path)
                return ["errno": .number(0)]
            case .link(let path): return ["errno": .number(0), "data": .text(try place.readLink(path))]
            case .list(let path):
                return ["errno": .number(0), "names": .list(try place.list(path).naturallySorted.map { .text($0) })]
            case .status(let path):
                let status = try place.status(path)
                return [
                    "errno": .number(0), "mode": .text(String(status.mode, radix: 8)),
                    "size": .number(Int(status.size)), "nlink": .number(Int(status.links)),
                ]
            case .change(let path, let permissions, let user, let group):
                try place.change(path, permissions: permissions, user: user, group: group)
                return ["errno": .number(0)]
            case .uevents:
                let heard = place.takeUevents().filter { hasAllUevents || Self.areOfMemory($0) }
                return ["uevents": .list(heard.map { .list($0.map { .text($0) }) })]
            case .answer(let write):
                guard let count = try place.answer(toWrite: write) else { return ["waits": .number(write)] }
                return ["errno": .number(0), "ret": .number(count)]
            case .snapshot: return try snapshot()
            case .plug(let id, let bytes, let node): control("dimm", "plug id=\(id) size=\(bytes) node=\(node)")
            case .unplug(let id): control("dimm", "unplug id=\(id)")
            case .pin(let block): control("workload", "alloc name=pin\(block) kind=kernel block=\(block) pages=1")
            case .unpin(let block): control("workload", "free name=pin\(block)")
            case .wait(let milliseconds): place.pass(milliseconds: milliseconds)
            case .interrupt(let write): place.interrupt(write: write)
            }
            return [:]
        } catch is ReadWaits {
            return ["waits": .flag(true)]
        } catch let error as CallError {
            return ["errno": .number(Int(error.errno))].merging(extra(operation, error)) { $1 }
        } catch { return ["error": .text("\(error)")] }
    }

    /// What else there is to say of a failure.
    private func extra(_ operation: Operation, _ error: CallError) -> [String: JSON] {
        switch operation {
        case .read where error.atOpen: ["at": .text("open")]
        case .answer: ["ret": .number(-1)]
        default: [:]
        }
    }

    /// Transcripts of live kernels have the uevents of memory, nodes and memory devices only.
    private static func areOfMemory(_ words: [String]) -> Bool {
        ["/devices/system/memory", "/devices/system/node", "PNP0C80"].contains { words.first?.contains($0) == true }
    }

    private func write(_ path: String, _ data: String) -> [String: JSON] {
        do {
            switch try place.write(path, data.latin1 ?? []) {
            case .taken(let count): return ["errno": .number(0), "ret": .number(count)]
            case .waits(let number): return ["waits": .number(number)]
            }
        } catch let error as CallError where error.atOpen {
            return ["errno": .number(Int(error.errno)), "at": .text("open")]
        } catch let error as CallError {
            return ["errno": .number(Int(error.errno)), "ret": .number(-1)]
        } catch { return ["error": .text("\(error)")] }
    }

    /// A refusal is seen in what follows, as on the live machine.
    private func control(_ name: String, _ line: String) {
        _ = try? place.write("/sys/kernel/debug/hotmem/\(name)", Array((line + "\n").utf8))
    }

    private func snapshot() throws -> [String: JSON] {
        let memory = "/sys/devices/system/memory"
        var blocks: [String: JSON] = [:]
        for name in try place.list(memory) where name.hasPrefix("memory") {
            let attributes = ["state", "valid_zones", "online", "removable"].map { value("\(memory)/\(name)/\($0)") }
            let nodes = try place.list("\(memory)/\(name)").filter { $0.hasPrefix("node") }.naturallySorted
            blocks[String(name.dropFirst("memory".count))] = .list(attributes + nodes.map { .text($0) })
        }
        let names = ["online", "has_memory", "has_normal_memory", "possible"]
        let nodes = names.map { ($0, value("/sys/devices/system/node/\($0)")) }
        return [
            "blocks": .object(blocks), "zones": .object(zones(in: String(latin1: try place.read("/proc/zoneinfo")))),
            "nodes": .object(Dictionary(uniqueKeysWithValues: nodes)),
        ]
    }

    private func value(_ path: String) -> JSON {
        do {
            let text = String(latin1: try place.read(path))
            return .text(text.hasSuffix("\n") ? String(text.dropLast()) : text)
        } catch let error as CallError { return .number(-Int(error.errno)) } catch { return .text("\(error)") }
    }

    /// Start, span and present pages of every zone.
    private func zones(in zoneinfo: String) -> [String: JSON] {
        var zones: [String: JSON] = [:]
        var (name, values) = ("", [0, 0, 0])
        for line in zoneinfo.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first == "Node", words.count > 3 {
                name = "\(words[1].dropLast())/\(words[3])"
                values = [0, 0, 0]
            }
            guard let number = words.last.flatMap({ Int($0) }) else { continue }
            switch words[0] {
            case "spanned": values[1] = number
            case "present": values[2] = number
            case "start_pfn:": values[0] = number
            default: continue
            }
            zones[name] = .list(values.map { .number($0) })
        }
        return zones
    }
}
