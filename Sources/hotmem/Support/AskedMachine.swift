// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import MemoryModel

/// The machine that is asked: one that runs, or one as it is booted.
struct AskedMachine: ParsableArguments {
    @Option(help: ArgumentHelp("Where the running machine's tree is mounted (default: /).", valueName: "dir"))
    var root: String?

    @Option(
        name: .shortAndLong, help: "Ask a machine that does not run: a machine file or a preset, as booted.",
        completion: .machine)
    var machine: String?

    @Option(
        help: ArgumentHelp(
            "Kernel parameters of that machine, after those of its file.", valueName: "parameters"))
    var cmdline: String?

    func validate() throws {
        if root != nil, machine != nil {
            throw ValidationError("give --root for a running machine or --machine for another, not both")
        }
        if cmdline != nil, machine == nil {
            throw ValidationError("--cmdline is for --machine; a running machine has been booted already")
        }
    }

    /// The machine that does not run, booted; nil if a running one is asked.
    func booted() throws(Failure) -> Machine? {
        guard let machine else { return nil }
        var options = MachineOptions()
        options.machine = machine
        options.cmdline = cmdline ?? ""
        return try options.boot()
    }

    /// A control of the running machine.
    func control(_ name: String) throws(Failure) -> ControlFile { try ControlFile(root: directory, name: name) }

    /// Where the running machine's tree is.
    var directory: String { root ?? "/" }
}
