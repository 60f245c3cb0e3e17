// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Finds the journal of a machine that is mounted. Its server knows where it is, and was started with that.
enum MountedJournal {
    /// The directory that it is in.
    ///
    /// - Parameters:
    ///   - place: where the tree is mounted, as an absolute path without links.
    ///   - user: who mounted it. What anybody else has started says nothing about it.
    static func directory(at place: String, of user: UInt32) throws(Failure) -> String {
        let usual = MachineJournal.usualDirectory(at: place, of: user)
        if let server = servers(of: user).first(where: { $0.serves(place) }) {
            guard !server.words.contains("--no-journal") else {
                throw .failed("\(place): it was mounted with --no-journal, and has none")
            }
            return server.state ?? usual
        }
        guard access(usual + "/journal", F_OK) == 0 else {
            throw .failed(
                "\(place): where its journal is cannot be seen from here; name the directory of its --state (that of "
                    + "the service hotmem@NAME is /run/hotmem.state/NAME)")
        }
        return usual
    }

    /// A process, as it was started.
    private struct Server {
        let words: [String]
        /// Where it is.
        let directory: String

        /// What `--state` says, if it is there.
        var state: String? {
            let option = "--state"
            if let index = words.firstIndex(of: option), index + 1 < words.count { return path(words[index + 1]) }
            return words.first { $0.hasPrefix(option + "=") }.map { path(String($0.dropFirst(option.count + 1))) }
        }

        func serves(_ place: String) -> Bool {
            guard words.count > 2, words[1] == "mount" else { return false }
            // Where it is mounted is the last word: the others are not looked at, for they may lead to file systems that do not answer.
            return words.suffix(1).contains { word in
                guard let resolved = realpath(path(word), nil) else { return false }
                defer { free(resolved) }
                return String(cString: resolved) == place
            }
        }

        private func path(_ word: String) -> String { word.hasPrefix("/") ? word : directory + "/" + word }
    }

    /// What a user has running.
    private static func servers(of user: UInt32) -> [Server] {
        guard let listing = opendir("/proc") else { return [] }
        defer { closedir(listing) }
        var servers: [Server] = []
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var status = stat()
            guard Int32(name) != nil, stat("/proc/\(name)", &status) == 0, status.st_uid == user else { continue }
            // Those that stand beside servers have their words, and are elsewhere.
            guard !read("/proc/\(name)/comm").starts(with: Array("hotmem-".utf8)) else { continue }
            let words = read("/proc/\(name)/cmdline").split(separator: 0)
            servers.append(
                Server(
                    words: words.map { String(decoding: $0, as: UTF8.self) }, directory: link("/proc/\(name)/cwd")))
        }
        return servers
    }

    private static func read(_ path: String) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = Glibc.read(file, &bytes, bytes.count)
        return Array(bytes.prefix(max(0, count)))
    }

    private static func link(_ path: String) -> String {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
