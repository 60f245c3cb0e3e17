// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import Sandbox

/// A directory that stands in for the FUSE tree, and a place for what commands leave.
final class PlainTree {
    let path: String
    let memory = "/sys/devices/system/memory"
    private var directories: [String]

    init() throws {
        path = "/tmp/hotmem-sandbox-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try #require(mkdir(path, 0o755) == 0)
        var directory = path
        directories = [path]
        for name in ["tree", "sys", "devices", "system", "memory"] {
            directory += "/" + name
            try #require(mkdir(directory, 0o755) == 0)
            directories.append(directory)
        }
        try write("simulated\n", to: directory + "/block_size_bytes")
    }

    deinit {
        unlink(out)
        unlink(path + "/tree" + memory + "/block_size_bytes")
        for directory in directories.reversed() {
            rmdir(directory)
        }
    }

    /// Where the commands of the tests write.
    var out: String { path + "/out" }

    func configuration(_ command: [String]) -> WorldConfiguration {
        var configuration = WorldConfiguration(
            command: command.map { Word($0) }, environment: ["PATH=/usr/bin:/bin", "OUT=\(out)"],
            overlays: [Overlay(target: memory, required: true)], treeProbe: memory + "/block_size_bytes")
        configuration.tree = .bind(path + "/tree")
        return configuration
    }

    func shell(_ script: String) -> WorldConfiguration {
        configuration(["sh", "-c", script])
    }

    func output() -> String? {
        read(out)
    }
}

/// A small file's content, or nil when there is none.
func read(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = read(file, &buffer, buffer.count), count > 0 {
        content += buffer[..<count]
    }
    return String(decoding: content, as: UTF8.self)
}

private func write(_ text: String, to path: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    try #require(file >= 0)
    try #require(write(file, text, text.utf8.count) == text.utf8.count)
    close(file)
}
