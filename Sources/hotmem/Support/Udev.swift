// SPDX-License-Identifier: Apache-2.0

import Capture
import Glibc
import Sandbox

/// The system's own systemd-udevd in a world: which rules it has, where it logs to, and what it may touch.
struct Udev {
    /// Where systemd-udevd is: systemd's own place, and where it was before /usr was merged.
    private static let programs = ["/usr/lib/systemd/systemd-udevd", "/lib/systemd/systemd-udevd"]
    /// Where udevd looks for rules, in the order of their precedence, without /run.
    private static let ruleDirectories = [
        "/etc/udev/rules.d", "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d",
    ]
    private static let privateRules = "/run/udev/rules.d"

    let program: String
    /// The given rules, with their names.
    let rules: [(name: String, bytes: [UInt8])]
    /// Whether the machine's own rules apply too.
    let hasSystemRules: Bool
    /// Where its log goes, and whether that was asked for.
    let log: (descriptor: Int32, isWanted: Bool)

    /// Reads the rules and finds the program.
    ///
    /// - Parameters:
    ///   - ruleFiles: paths of files whose names end with `.rules`.
    ///   - logFile: a path, `-` for standard error, or nil for problems only, on standard error.
    init(ruleFiles: [String], hasSystemRules: Bool, logFile: String?) throws(Failure) {
        guard let program = Self.programs.first(where: { access($0, X_OK) == 0 }) else {
            throw Failure.failed(
                "systemd-udevd is not installed (looked for \(Self.programs.joined(separator: ", "))); "
                    + "on Debian and Ubuntu: apt install udev")
        }
        guard geteuid() == 0 || !World.isPrivileged else {
            throw Failure.failed(
                "udevd runs for root, or for a user without capabilities: drop CAP_SYS_ADMIN, or become root")
        }
        self.program = program
        self.hasSystemRules = hasSystemRules
        rules = try Self.read(ruleFiles)
        if let logFile { try OutputFile.check(logFile, isNoneOf: ruleFiles) }
        log = try Self.openLog(logFile)
        Self.verify(ruleFiles)
    }

    /// Adds it to a world.
    func join(_ world: inout WorldConfiguration) {
        world.runtimeDirectory = "/run/udev"
        // There from the start, for rules that are added while it runs.
        world.files.append((path: Self.privateRules + "/", bytes: []))
        var directory = Self.privateRules
        if hasSystemRules {
            // A file in /etc goes before others of its name, and a rule given here is to go before that.
            let highest = Self.ruleDirectories[0]
            if !rules.isEmpty, access(highest, F_OK) == 0 {
                world.ownDirectories.append(highest)
                directory = highest
            }
        } else {
            world.hidden += Self.ruleDirectories
        }
        world.files += rules.map { (path: "\(directory)/\($0.name)", bytes: $0.bytes) }
        // Rules write to devices and to sysctls, and udevd sets modes in /dev; the host's must not be among them. Others
        // than root may not anyway.
        if geteuid() == 0 {
            world.readOnly += [
                ("/sys", withMounts: true), ("/proc/sys", withMounts: false), ("/dev", withMounts: false),
            ]
        }
        world.services.append(
            WorldService(
                name: "systemd-udevd", command: [program] + (log.isWanted ? ["--debug"] : []),
                environment: environment, log: log.descriptor))
    }

    private var environment: [String] {
        [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "SYSTEMD_DEVICE_VERIFY_SYSFS=0",
            "SYSTEMD_LOG_TARGET=console", "SYSTEMD_LOG_COLOR=0",
            "SYSTEMD_LOG_LEVEL=\(log.isWanted ? "debug" : "warning")",
        ]
    }

    private static func read(_ paths: [String]) throws(Failure) -> [(name: String, bytes: [UInt8])] {
        var rules: [(name: String, bytes: [UInt8])] = []
        for path in paths {
            var status = stat()
            guard stat(path, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR else {
                throw Failure.usage(
                    "--rules \(path): a directory; name the files in it, each with a --rules of its own")
            }
            let name = path.split(separator: "/").last.map(String.init) ?? path
            guard name.hasSuffix(".rules"), name != ".rules" else {
                throw Failure.usage("--rules \(path): udevd reads files named *.rules only; rename it")
            }
            guard !rules.contains(where: { $0.name == name }) else {
                throw Failure.usage(
                    "--rules \(path): another file named \(name) was given; udevd knows files by their names")
            }
            rules.append((name, try content(of: path)))
        }
        return rules
    }

    private static func content(of path: String) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Failure.usage("--rules \(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Failure.usage("--rules \(path): no regular file")
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure.usage("--rules \(path): \(String(cString: strerror(errno)))") }
            guard count > 0 else { return bytes }
            bytes += buffer.prefix(count)
            guard bytes.count <= 1 << 24 else {
                throw Failure.usage("--rules \(path): more than 16 MiB; that is no file of rules")
            }
        }
    }

    private static func openLog(_ file: String?) throws(Failure) -> (descriptor: Int32, isWanted: Bool) {
        guard let file, file != "-" else { return (STDERR_FILENO, file != nil) }
        let opened = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
        guard opened >= 0 else { throw Failure.usage("--udev-log \(file): \(String(cString: strerror(errno)))") }
        defer { close(opened) }
        // Where a standard stream was closed, its number is not to be taken by a log.
        return (fcntl(opened, F_DUPFD_CLOEXEC, 3), true)
    }

    /// Lets udevadm say what is wrong with the rules, where it can (systemd 254 and later). udevd passes over the lines
    /// that it cannot read, and says so itself, so this is help and no condition.
    private static func verify(_ paths: [String]) {
        guard !paths.isEmpty, let answer = ProgramOutput(of: ["udevadm", "verify", "--no-style"] + paths) else {
            return
        }
        if answer.status != 0, !answer.text.contains("Unknown command verb") { Terminal.note(answer.text) }
    }
}
