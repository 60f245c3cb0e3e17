// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Sandbox

/// Who hears of uevents in a world, beside the command itself.
struct ListenerOptions: ParsableArguments {
    @Flag(help: "Run the system's systemd-udevd in the world, with no rules but those given.")
    var udev = false

    @Option(
        help: ArgumentHelp(
            "A file of udev rules, named *.rules; may be repeated. Means --udev.", valueName: "file"),
        completion: .file(extensions: ["rules"]))
    var rules: [String] = []

    @Flag(help: "The machine's own udev rules too; a given file goes before one of its name. Means --udev.")
    var systemRules = false

    @Option(
        help: ArgumentHelp(
            "Write all that udevd logs to a file, or with - to standard error. Means --udev.",
            valueName: "file"),
        completion: .file())
    var udevLog: String?

    @Option(
        help: ArgumentHelp(
            "Start a program per uevent, as the kernel's uevent_helper does: with the subsystem as its argument and "
                + "the uevent's variables as its environment.", valueName: "program"),
        completion: .file())
    var helper: String?

    /// udevd, if it is wanted.
    func readUdev() throws(Failure) -> Udev? {
        guard udev || !rules.isEmpty || systemRules || udevLog != nil else { return nil }
        return try Udev(ruleFiles: rules, hasSystemRules: systemRules, logFile: udevLog)
    }

    /// What starts the helper, if there is one.
    func makeHelperService() throws(Failure) -> WorldService? {
        guard let helper else { return nil }
        var status = stat()
        guard stat(helper, &status) == 0 else {
            throw Failure.usage("--helper \(helper): \(String(cString: strerror(errno))); give the path of a program")
        }
        guard status.st_mode & S_IFMT == S_IFREG, access(helper, X_OK) == 0 else {
            throw Failure.usage("--helper \(helper): not a program (chmod +x makes a script one)")
        }
        guard let own = realpath("/proc/self/exe", nil) else {
            throw Failure.failed("--helper needs /proc: \(String(cString: strerror(errno)))")
        }
        defer { free(own) }
        return WorldService(
            name: "the uevent helper's starter",
            command: [String(cString: own), UeventHelperCommand.configuration.commandName ?? "", try absolute(helper)],
            environment: [], log: STDERR_FILENO)
    }

    /// The path from the root, through links as they are: a program may go by the name it was called with, as busybox.
    private func absolute(_ path: String) throws(Failure) -> String {
        guard !path.hasPrefix("/") else { return path }
        guard let directory = getcwd(nil, 0) else {
            throw Failure.usage("--helper \(path): this directory has no path; give the program's from the root")
        }
        defer { free(directory) }
        return String(cString: directory) + "/" + path
    }
}
