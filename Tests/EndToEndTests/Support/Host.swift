// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What hotmem must leave as it is.
///
/// Other tests mount below /tmp at the same time, so that mounts there are not the host's.
struct Host: Equatable {
    let mounts: [String]
    let states: [String]

    static var now: Host {
        Host(
            mounts: mountLines.filter { !point(of: $0).hasPrefix("/tmp/") },
            states: blocks.map { "\($0) \(text($0 + "/state")) \(text($0 + "/valid_zones"))" })
    }

    /// Every mount point, in the order of mounting.
    static var mountPoints: [String] { mountLines.map { point(of: $0) } }

    /// The processes in whose environment the word is.
    static func processes(with word: String) -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { process in
            text("/proc/\(process)/environ").split(separator: "\0").contains { $0 == word }
        }
    }

    /// Asks again and again, for so many seconds at most.
    static func comesTrue(within seconds: Int = 30, _ condition: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<seconds * 200 {
            if try condition() { return true }
            usleep(5000)
        }
        return try condition()
    }

    /// A file's content; empty where it cannot be read.
    static func text(_ path: String) -> String {
        guard let file = fopen(path, "re") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer.prefix(count) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static var blocks: [String] {
        let root = "/sys/devices/system/memory"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.filter { $0.hasPrefix("memory") }.sorted().map { "\(root)/\($0)" }
    }

    private static var mountLines: [String] {
        text("/proc/self/mountinfo").split(separator: "\n").map(String.init)
    }

    private static func point(of line: String) -> String {
        let fields = line.split(separator: " ")
        return fields.count > 4 ? String(fields[4]) : ""
    }
}
