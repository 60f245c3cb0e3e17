// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Does a transcript's operations somewhere, and notes every answer that is not the kernel's.
struct Replay {
    let place: any Place
    /// Whether errnos pass through FUSE, which carries 1 to 511 only.
    let isMounted: Bool
    private(set) var answers = 0
    private(set) var differences: [String] = []

    init(_ place: any Place, isMounted: Bool) {
        self.place = place
        self.isMounted = isMounted
    }

    mutating func run(_ transcript: Transcript) {
        for step in transcript.steps {
            let got = answer(to: step.operation)
            guard let kind = step.operation.first, !"HPT".contains(kind) else { continue }
            answers += 1
            var want = step.answer
            if isMounted, case .number(let errno)? = want["errno"], errno > 511 { want["errno"] = .number(34) }
            guard got != want else { continue }
            for key in Set(want.keys).union(got.keys).sorted() where want[key] != got[key] {
                let (kernel, here) = (want[key].map { "\($0)" } ?? "nothing", got[key].map { "\($0)" } ?? "nothing")
                differences.append(
                    "\(transcript.name):\(step.line): \(step.operation): \(key): kernel \(kernel), here \(here)")
            }
        }
    }

    private func answer(to operation: String) -> [String: JSON] {
        let words = operation.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let rest = words.count > 1 ? words[1] : ""
        do {
            switch words[0] {
            case "W", "N": return write(rest, newline: words[0] == "W")
            case "R": return ["errno": .number(0), "data": .text(try place.read(rest))]
            case "L": return ["errno": .number(0), "data": .text(try place.readLink(rest))]
            case "D":
                return ["errno": .number(0), "names": .list(try place.list(rest).naturallySorted.map { .text($0) })]
            case "S":
                let status = try place.status(rest)
                return [
                    "errno": .number(0), "mode": .text(String(status.mode, radix: 8)),
                    "size": .number(Int(status.size)), "nlink": .number(Int(status.links)),
                ]
            case "U": return ["uevents": .list(place.takeUevents().map { .list($0.map { .text($0) }) })]
            case "B": return try snapshot()
            case "H": control("dimm", deviceLine(rest))
            case "P": control("workload", workloadLine(rest))
            default: break
            }
            return [:]
        } catch let error as CallError {
            return ["errno": .number(Int(error.errno))]
        } catch { return ["error": .text("\(error)")] }
    }

    private func write(_ rest: String, newline: Bool) -> [String: JSON] {
        let parts = rest.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let data = Array((parts.count > 1 ? parts[1] : "").utf8) + (newline ? [UInt8(ascii: "\n")] : [])
        do {
            return ["errno": .number(0), "ret": .number(try place.write(parts[0], data))]
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

    private func deviceLine(_ rest: String) -> String {
        let words = rest.split(separator: " ")
        return words[0] == "plug"
            ? "plug id=\(words[1]) size=\(words[2]) node=\(words[3])" : "unplug id=\(words[1])"
    }

    private func workloadLine(_ rest: String) -> String {
        let words = rest.split(separator: " ")
        return words[0] == "pin"
            ? "alloc name=pin\(words[1]) kind=kernel block=\(words[1]) pages=1" : "free name=pin\(words[1])"
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
            "blocks": .object(blocks), "zones": .object(zones(in: try place.read("/proc/zoneinfo"))),
            "nodes": .object(Dictionary(uniqueKeysWithValues: nodes)),
        ]
    }

    private func value(_ path: String) -> JSON {
        do {
            let text = try place.read(path)
            return .text(text.hasSuffix("\n") ? String(text.dropLast()) : text)
        } catch let error as CallError { return .number(-Int(error.errno)) } catch { return .text("\(error)") }
    }

    /// Start, span and present pages of every zone.
    private func zones(in zoneinfo: String) -> [String: JSON] {
        var zones: [String: JSON] = [:]
        var (name, values) = ("", [0, 0, 0])
        for line in zoneinfo.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first == "Node" {
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

extension [String] {
    /// Sorted with numbers counted as numbers: memory2 before memory10.
    var naturallySorted: [String] { sorted { $0.compare($1, options: [.numeric]) == .orderedAscending } }
}
