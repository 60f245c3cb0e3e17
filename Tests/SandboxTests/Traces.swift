// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What a world could leave behind on the host. Other suites run in this process at the same time, so only what can be
/// a world's is looked at.
struct Traces {
    private let lines: Set<String>

    init() {
        let mounts = (read("/proc/self/mountinfo") ?? "").split(separator: "\n").filter { line in
            let fields = line.split(separator: " ")
            guard fields.count > 4 else { return true }
            let point = fields[4]
            return line.contains("hotmem-sandbox") || point.hasPrefix("/sys") || point.hasPrefix("/proc")
                || ["/tmp", "/run", "/mnt", "/var"].contains(point)
        }
        lines = Set(mounts.map(String.init) + Self.initProcesses())
    }

    func added(since earlier: Traces) -> Set<String> {
        lines.subtracting(earlier.lines)
    }

    /// The children of this process, running or dead, that are a world's init.
    private static func initProcesses() -> [String] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var found: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let status = read("/proc/\(name)/stat"), status.contains("(hotmem-init) ") else { continue }
            if status.contains(" \(getpid()) ") {
                found.append("process \(name)")
            }
        }
        return found
    }
}
