// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import SysfsTree

/// Inputs that are writes to files: the first byte chooses the machine, then each write begins with a byte that chooses the
/// file, and ends where the next begins, at a byte of 1.
enum Writing {
    static func run(_ bytes: [UInt8], on files: [[Inode]]) {
        guard let first = bytes.first else { return }
        let number = Int(first) % Small.machines.count
        let session = TreeSession(machine: Small.machines[number])
        for write in bytes.dropFirst().split(separator: 1).prefix(64) where !files[number].isEmpty {
            let inode = files[number][Int(write[write.startIndex]) % files[number].count]
            store(Array(write.dropFirst()), to: inode, of: session)
        }
        // Whatever waits is let go, and nothing comes of the time that passes.
        _ = try? session.apply(.tick(milliseconds: 200_000))
        // To read the whole tree takes longer than everything else.
        if first < 32 { Looking.look(at: session) }
    }

    private static func store(_ text: [UInt8], to inode: Inode, of session: TreeSession) {
        var count: Int?
        text.withUnsafeBytes { bytes in
            do throws(Refusal) {
                if case .taken(let taken) = try session.write(inode, bytes) { count = taken }
            } catch {
                require((1...4095).contains(error.errno.rawValue), "no errno: \(error)")
            }
        }
        if let count { require(count <= text.count, "took more than there was") }
    }

    /// The files of each machine that can be written to and are of a kind.
    static func files(where isWanted: (_ path: String, FileStyle) -> Bool) -> [[Inode]] {
        Small.machines.map { machine in
            let session = TreeSession(machine: machine)
            var found: [Inode] = []
            func walk(_ inode: Inode) {
                for entry in (try? session.entries(of: inode)) ?? [] {
                    if entry.type == Kind.directory {
                        walk(entry.inode)
                    } else if entry.type != Kind.link,
                        let style = try? session.check(entry.inode, reading: false, writing: true),
                        isWanted(session.path(of: entry.inode), style)
                    {
                        found.append(entry.inode)
                    }
                }
            }
            walk(.root)
            return found
        }
    }
}

/// Lines for the controls.
enum ControlTarget {
    private static let files = Writing.files { _, style in style == .control || style == .events }
    static func run(_ bytes: [UInt8]) { Writing.run(bytes, on: files) }
}

/// Texts for every attribute that takes any.
enum AttributeTarget {
    private static let files = Writing.files { path, style in
        style != .control && style != .events && !path.hasSuffix("/uevent")
    }
    static func run(_ bytes: [UInt8]) { Writing.run(bytes, on: files) }
}

/// Texts for `uevent` files.
enum UeventTarget {
    private static let files = Writing.files { path, _ in path.hasSuffix("/uevent") }
    static func run(_ bytes: [UInt8]) { Writing.run(bytes, on: files) }
}
