// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A value of a transcript.
enum JSON: Codable, Equatable, CustomStringConvertible {
    case number(Int)
    case text(String)
    case list([JSON])
    case object([String: JSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let list = try? container.decode([JSON].self) {
            self = .list(list)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        case .list(let list): try container.encode(list)
        case .object(let object): try container.encode(object)
        }
    }

    var description: String {
        switch self {
        case .number(let number): "\(number)"
        case .text(let text): "\(text.debugDescription)"
        case .list(let list): "\(list)"
        case .object(let object): "\(object.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })"
        }
    }
}

/// What a live kernel answered, operation by operation (Tests/KernelTests/Transcripts/README.md).
struct Transcript: Sendable {
    let name: String
    let machine: String
    let commandLine: String
    /// Operations with the kernel's answers, and their line numbers.
    let steps: [(line: Int, operation: String, answer: [String: JSON])]

    static let names = [
        "auto-online", "dimm", "kernelcore", "movable-node", "notifier-errors", "probe-errors", "state-strings",
        "tree", "two-nodes", "uevent-writes", "walk-00", "walk-01", "walk-02", "walk-03", "walk-04", "zones",
        "dimm-sizes", "dimm-over-probed", "auto-movable", "auto-movable-6g", "auto-movable-boot-blocks",
        "auto-movable-dimm", "auto-online-errors", "eject-errors", "page-offline", "kernelcore-size-text",
        "kernelcore-size-text-6g", "kernelcore-above-100", "kernelcore-no-amount", "kernelcore-mirror-list",
        "mirror-without-mirrors", "numa-off-dimm", "numa-noacpi-dimm", "numa-text", "dimm-sizes-small", "mem-text",
        "kernelcore-texts",
    ]

    init(_ name: String) throws {
        self.name = name
        let url = Bundle.module.resourceURL!.appending(path: "Transcripts/\(name).jsonl")
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
        let decoder = JSONDecoder()
        let header = try decoder.decode([String: String].self, from: Data(lines[0].utf8))
        machine = header["machine"]!
        commandLine = header["cmdline"]!
        steps = try lines.enumerated().dropFirst().map { index, line in
            var answer = try decoder.decode([String: JSON].self, from: Data(line.utf8))
            guard case .text(let operation)? = answer.removeValue(forKey: "op") else {
                throw CocoaError(.fileReadCorruptFile)
            }
            return (index + 1, operation, answer)
        }
    }
}
