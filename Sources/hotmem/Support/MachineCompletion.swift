// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import MachineFile

extension CompletionKind {
    /// Presets, machine files, and the directories on the way to them.
    static let machine = CompletionKind.custom { _, _, prefix in
        let presets = prefix.contains("/") ? [] : Preset.all.map(\.name)
        return (presets + MachineCompletion.files(prefix)).filter { $0.hasPrefix(prefix) }
    }
}

/// What `--machine` may be completed to.
private enum MachineCompletion {
    /// Paths that may go on from a prefix: `*.toml`, and directories with a slash.
    static func files(_ prefix: String) -> [String] {
        let directory = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
        guard let stream = opendir(directory.isEmpty ? "." : directory) else { return [] }
        defer { closedir(stream) }
        var paths: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard !name.hasPrefix(".") else { continue }
            var status = stat()
            guard stat(directory + name, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                paths.append(directory + name + "/")
            } else if name.hasSuffix(".toml") {
                paths.append(directory + name)
            }
        }
        return paths.sorted()
    }
}
