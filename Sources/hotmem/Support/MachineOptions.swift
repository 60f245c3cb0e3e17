// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Journal
import Logging
import MachineFile
import MemoryModel

/// Which machine, and how it is booted.
struct MachineOptions: ParsableArguments {
    @Option(
        name: [.customShort("m"), .customLong("machine")],
        help: ArgumentHelp(
            "A machine file, or a preset (default: \(Preset.default.name); see hotmem machine list).",
            valueName: "machine"),
        completion: .machine)
    var chosen: String?

    @Option(help: ArgumentHelp("Kernel parameters, after those of the machine file.", valueName: "parameters"))
    var cmdline: String = ""

    /// The machine file or preset.
    var machine: String {
        get { chosen ?? Preset.default.name }
        set { chosen = newValue }
    }

    /// Whether somebody said which machine it is to be.
    var isGiven: Bool { chosen != nil || !cmdline.isEmpty }

    /// The machine as described.
    func describe() throws(Failure) -> MachineDescription { try read().describe() }

    /// What the machine is booted from, as somebody else opened its file.
    func read(from descriptor: Int32) throws(Failure) -> BootRecord {
        do throws(MachineFileError) {
            let text = try MachineFile.text(of: descriptor, name: machine)
            return BootRecord(program: Hotmem.version, name: machine, text: text, commandLine: cmdline)
        } catch { throw Failure.usage(error.description) }
    }

    /// The files that --machine has read: none for a preset, whatever files have its name.
    static func files(of machine: String?) -> [String] {
        machine.map { Preset.named($0) == nil ? [$0] : [] } ?? []
    }

    /// What the machine is booted from.
    func read() throws(Failure) -> BootRecord {
        do throws(MachineFileError) {
            let source = try MachineFile.source(machine)
            return BootRecord(program: Hotmem.version, name: source.name, text: source.text, commandLine: cmdline)
        } catch { throw Failure.usage(error.description) }
    }

    /// The same machine, from wherever they are looked at later: a daemon leaves its directory.
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

extension BootRecord {
    /// The machine as described.
    func describe() throws(Failure) -> MachineDescription {
        do throws(MachineFileError) {
            var description = try MachineFile.parse(text, name: name)
            if !commandLine.isEmpty {
                let words = [description.commandLine, commandLine].filter { !$0.isEmpty }
                description.commandLine = words.joined(separator: " ")
                try MachineFile.check(description, name: name)
            }
            return description
        } catch { throw Failure.usage(error.description) }
    }
}
