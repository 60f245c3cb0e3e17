// SPDX-License-Identifier: Apache-2.0

import Capture
import Glibc

/// Archives: nothing of them gets outside of where they are unpacked, nor more of it than is allowed.
enum ArchiveTarget {
    private static let limits = Archive.Limits(files: 2000, bytes: 16 << 20, seconds: 5, memory: 256 << 20)
    /// Where archives are, and, should one get out of its directory, what came of it.
    private static let place: String = {
        let shared = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(shared)/hotmem-fuzz.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("no temporary directory") }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        setenv("TMPDIR", path, 1)
        return path
    }()

    static func run(_ bytes: [UInt8]) {
        let file = place + "/archive"
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        require(descriptor >= 0, "\(file): errno \(errno)")
        bytes.withUnsafeBytes { _ = write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        defer { unlink(file) }
        do throws(CaptureError) {
            let tree = try Archive.read(file, limits: limits) { (directory) throws(CaptureError) in
                let root = try CopyRoot.find(in: directory, name: "fuzz")
                var reader = DiskReader(isLive: false)
                return try reader.read(root) ?? .empty
            }
            CaptureTarget.take(tree)
        } catch {
            require(!error.description.unicodeScalars.contains("\n"), "more than a line: \(error)")
        }
        require(names(in: place) == ["archive"], "left behind: \(names(in: place))")
    }

    private static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
