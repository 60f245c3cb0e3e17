// SPDX-License-Identifier: Apache-2.0

import TreeServer

/// What `-o` takes: the options FUSE users know, and none that would change what a tree means.
struct MountOptions {
    /// For FUSE, as it takes them.
    private(set) var fuse = ["fsname=hotmem", "subtype=hotmem", "default_permissions", "nosuid", "nodev"]
    /// Whether the mount point may hold files.
    private(set) var allowsContent = false
    /// What the kernel keeps.
    private(set) var caching = Caching.exact

    private static let plain: Set = [
        "allow_other", "allow_root", "auto_unmount", "default_permissions", "ro", "rw", "nosuid", "nodev", "noexec",
        "exec", "noatime", "atime", "sync", "async", "dirsync",
    ]
    private static let withValue: Set = [
        "fsname", "subtype", "max_read", "context", "fscontext", "defcontext", "rootcontext",
    ]
    /// What mount(8) passes on that means nothing here, or that libfuse does not know: a tree keeps no times.
    private static let ignored: Set = [
        "defaults", "auto", "noauto", "user", "nouser", "users", "nousers", "owner", "noowner", "group", "nogroup",
        "nofail", "_netdev", "uhelper", "helper", "comment", "relatime", "norelatime", "diratime", "nodiratime",
        "strictatime",
        "nostrictatime", "lazytime", "nolazytime", "silent", "loud", "symfollow", "nosymfollow", "iversion",
        "noiversion", "mand", "nomand",
    ]

    /// Lists of options, as `-o` takes them.
    init(_ lists: [String]) throws(Failure) {
        try self.init(options: lists.flatMap { $0.split(separator: ",").map(String.init) })
    }

    /// Options one by one.
    ///
    /// - Parameters:
    ///   - source: what lists of mounts call what is mounted, if no option says so.
    ///   - isSloppy: whether unknown ones are passed over.
    init(options: [String], source: String = "hotmem", isSloppy: Bool = false) throws(Failure) {
        fuse[0] = "fsname=" + Self.escaped(source)
        for option in options {
            let name = option.split(separator: "=", maxSplits: 1).first.map(String.init) ?? option
            if Self.plain.contains(option) || Self.withValue.contains(name) && option != name {
                fuse.removeAll { $0 == option || $0.hasPrefix(name + "=") }
                fuse.append(Self.escaped(option))
            } else if option == "nonempty" {
                allowsContent = true
            } else if let caching = Caching(rawValue: option) {
                self.caching = caching
            } else if !Self.ignored.contains(name), !name.lowercased().hasPrefix("x-"), !isSloppy {
                let known =
                    Self.plain.sorted() + Self.withValue.sorted().map { $0 + "=" } + ["nonempty"]
                    + Caching.allCases.map(\.rawValue)
                throw Failure.usage("-o \(option): unknown mount option; known are \(known.joined(separator: ", "))")
            }
        }
    }

    /// An option as libfuse takes it, which takes them apart at commas once more.
    private static func escaped(_ option: String) -> String {
        option.map { $0 == "," || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
    }
}
