// SPDX-License-Identifier: Apache-2.0

import MachineFile
import MemoryModel
import SysfsTree

/// Machine files: what is accepted boots, and shows its texts; what is refused is refused in one line.
enum MachineTarget {
    static func run(_ bytes: [UInt8]) {
        do throws(MachineFileError) {
            let machine = try MachineFile.parse(String(decoding: bytes, as: UTF8.self), name: "fuzz")
            Looking.look(at: TreeSession(machine: Machine(booting: machine)))
        } catch {
            let line = error.description
            require(line.hasPrefix("fuzz:"), "does not name the file: \(line)")
            require(!line.unicodeScalars.contains("\n"), "more than a line: \(line)")
        }
    }
}

/// Kernel command lines, on one of a few small machines that the first byte chooses.
enum CommandLineTarget {
    static func run(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let machines = Small.descriptions
        var machine = machines[Int(first) % machines.count]
        machine.commandLine = String(decoding: bytes.dropFirst(), as: UTF8.self)
        // Also of what no machine file would have.
        _ = BootParameters(commandLine: machine.commandLine)
        do throws(MachineFileError) { try MachineFile.check(machine, name: "fuzz") } catch { return }
        Looking.look(at: TreeSession(machine: Machine(booting: machine)))
    }
}
