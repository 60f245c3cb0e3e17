// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Logging
import MachineFile
import MemoryModel

/// Which machine, and how it is booted.
struct MachineOptions: ParsableArguments {
    @Option(
        name: .shortAndLong, help: "A machine file, or a preset (see hotmem machine list).",
        completion: .machine)
    var machine: String = Preset.default.name

    @Option(help: ArgumentHelp("Kernel parameters, after those of the machine file.", valueName: "parameters"))
    var cmdline: String = ""

    /// The machine as described.
    func describe() throws(Failure) -> MachineDescription {
        try describe { () throws(MachineFileError) in try MachineFile.resolve(machine) }
    }

    /// The same, of the machine's file as somebody else opened it.
    func describe(from descriptor: Int32) throws(Failure) -> MachineDescription {
        try describe { () throws(MachineFileError) in try MachineFile.load(descriptor: descriptor, name: machine) }
    }

    private func describe(
        _ read: () throws(MachineFileError) -> MachineDescription
    ) throws(Failure) -> MachineDescription {
        do throws(MachineFileError) {
            var description = try read()
            if !cmdline.isEmpty {
                let words = [description.commandLine, cmdline].filter { !$0.isEmpty }
                description.commandLine = words.joined(separator: " ")
                try MachineFile.check(description, name: machine)
            }
            return description
        } catch { throw Failure.usage(error.description) }
    }

    /// The same, from wherever they are looked at later: a daemon leaves its directory.
    var absolute: MachineOptions {
        guard machine != "-", !machine.hasPrefix("/"), Preset.named(machine) == nil else { return self }
        var options = self
        if let directory = getcwd(nil, 0) {
            options.machine = String(cString: directory) + "/" + machine
            free(directory)
        }
        return options
    }

    /// The machine, booted.
    ///
    /// - Parameter verbose: whether to say what was wrong with its kernel parameters and its firmware's tables, as a
    ///   kernel's log does.
    func boot(verbose: Bool = false) throws(Failure) -> Machine { boot(try describe(), verbose: verbose) }

    /// The same, of what ``describe()`` said.
    func boot(_ description: MachineDescription, verbose: Bool) -> Machine {
        let machine = Machine(booting: description)
        if verbose { machine.complaints.forEach { Terminal.complain($0, .warning) } }
        return machine
    }
}
