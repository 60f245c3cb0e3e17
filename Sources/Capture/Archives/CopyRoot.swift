// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Where in a copy of a machine's files its root is.
public enum CopyRoot {
    /// How many directories may be around it: archives have one of their own name, reports sometimes another.
    private static let depth = 2

    /// The directory in which `sys/devices/system/memory` is.
    ///
    /// - Parameter name: what errors call the copy.
    /// - Throws: where there is none, or there are several.
    public static func find(in directory: String, name: String) throws(CaptureError) -> String {
        var level = [directory]
        for _ in 0...depth {
            let roots = level.filter { access($0 + "/sys/devices/system/memory", F_OK) == 0 }
            guard roots.count <= 1 else {
                let names = roots.map { String($0.dropFirst(directory.count + 1)) }.sorted()
                throw .input("\(name): several machines in it (\(names.joined(separator: ", "))); name one of them")
            }
            if let root = roots.first { return root }
            level = level.flatMap(directories)
        }
        throw .input("\(name): no sys/devices/system/memory in it, nor in the directories in it")
    }

    /// Whether the files are a kernel's own, or a simulated one's: then permissions and errors mean something. A copy may be
    /// on any file system, FUSE's included.
    public static func isLive(_ root: String) -> Bool {
        clinux_file_system_kind(root + "/sys/devices/system/memory") == 0x6265_6572 || isSimulated(root)
    }

    /// Whether a machine of ours is there.
    public static func isSimulated(_ root: String) -> Bool {
        access(root + "/sys/kernel/debug/hotmem/captured", F_OK) == 0
    }

    private static func directories(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var status = stat()
            guard name != ".", name != "..", lstat(path + "/" + name, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR { names.append(path + "/" + name) }
        }
        return names
    }
}
