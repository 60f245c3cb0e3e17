// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport

/// Which user runs a program.
enum Caller: CaseIterable {
    case root
    case nobody
}

/// A program to run. Its environment is small and the same wherever the tests run.
struct Program {
    var arguments: [String]
    var environment: [String: String] = [:]
    var directory: String?
    var input = ""
    var caller = Caller.root
    var limit = 60.0

    init(_ arguments: [String]) { self.arguments = arguments }

    static let searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// The Debian packages of the programs that are not on every machine.
    private static let packages = [
        "numactl": "numactl", "numastat": "numactl", "lstopo-no-graphics": "hwloc-nox", "udevadm": "udev",
        "busybox": "busybox-static", "python3": "python3", "perl": "perl", "strace": "strace", "lsmem": "util-linux",
        "chmem": "util-linux", "lscpu": "util-linux", "setpriv": "util-linux", "unshare": "util-linux",
        "fusermount3": "fuse3", "dash": "dash", "qemu-ga": "qemu-guest-agent", "stress-ng": "stress-ng",
        "daxctl": "daxctl", "rustc": "rustc", "systemd-analyze": "systemd",
    ]

    /// Where a program is; the error names the package to install.
    @discardableResult
    static func find(_ name: String) throws -> String {
        if name.contains("/") { return name }
        for directory in searchPath.split(separator: ":") where access("\(directory)/\(name)", X_OK) == 0 {
            return "\(directory)/\(name)"
        }
        throw ProgramError(description: "\(name) is missing; apt install \(packages[name] ?? name)")
    }

    /// Runs it to its end.
    func run() throws -> Ended { try start().finish() }

    /// Starts it.
    func start() throws -> Running {
        var words = arguments
        words[0] = try Self.find(words[0])
        if caller == .nobody {
            words = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"] + words
        }
        if let directory { words = ["env", "--chdir", directory] + words }
        words[0] = try Self.find(words[0])
        var variables = [
            "PATH": "\(try Installation.shared.directory):\(Self.searchPath)", "HOME": "/", "LC_ALL": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            // A hotmem that is linked with the toolchain's libraries finds the toolchain's crash reporter, which catches what
            // others send, too, and where it may start no process goes on. One that is installed has none.
            "SWIFT_BACKTRACE": "enable=no",
        ]
        if let path = getenv("LD_LIBRARY_PATH") { variables["LD_LIBRARY_PATH"] = String(cString: path) }
        variables.merge(environment) { $1 }
        return try Running(
            words, environment: variables.map { "\($0.key)=\($0.value)" }, input: input, limit: limit)
    }
}
