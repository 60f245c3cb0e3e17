// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import MachineFile
import MemoryModel
import Transcripts

/// Which kernel is asked, and what a machine's name means.
struct KernelOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The kernel (bzImage).", valueName: "file"))
    var kernel = ".build/oracle/kernel"

    @Option(
        help: ArgumentHelp(
            "Where the kernel's modules are, under lib/modules; not needed if it has the notifiers' error injection built in.",
            valueName: "directory"))
    var modules: String?

    @Option(help: ArgumentHelp("The program that answers in the virtual machine.", valueName: "file"))
    var initProgram = ".build/oracle/init"

    @Option(help: ArgumentHelp("Where machine files are.", valueName: "directory"))
    var machines = "Tests/KernelTests/Machines"

    /// What can be loaded, in this order, where it is not built in.
    private static let useful = ["notifier-error-inject.ko", "memory-notifier-error-inject.ko"]

    /// The machine of a name, with its virtual hardware, and how to boot the kernel there.
    func subject(machine name: String, commandLine: String) throws(Failure) -> (
        subject: Subject, hardware: VirtualHardware
    ) {
        let path = name.contains("/") ? name : "\(machines)/\(name).toml"
        let hardware: VirtualHardware
        let image: BootingMachine.Image
        let description: MachineDescription
        do {
            description = try MachineFile.load(path: path)
            hardware = try VirtualHardware(description)
            image = try self.image()
        } catch let unlike as VirtualHardware.Unlike {
            throw .input(TextError(file: path, reason: unlike.description))
        } catch { throw .input(error) }
        let order = BootOrder { () throws(KernelFailure) in
            try BootingMachine(hardware, image, commandLine: commandLine)
        }
        let subject = Subject(
            name: URL(filePath: path).lastPathComponent.withoutEnding, commandLine: commandLine, machine: description,
            expectMore: { order.keepsSpare = $0 }
        ) { () throws(KernelFailure) in try order.machine() }
        return (subject, hardware)
    }

    private func image() throws(TextError) -> BootingMachine.Image {
        for file in [kernel, initProgram] where !FileManager.default.isReadableFile(atPath: file) {
            throw TextError(file: file, reason: "cannot be read; make oracle-image and make oracle-kernel make one")
        }
        var found: [String] = []
        if let modules {
            let all = FileManager.default.enumerator(atPath: modules)?.compactMap { $0 as? String } ?? []
            found = Self.useful.compactMap { name in
                all.first { $0.hasSuffix("/\(name)") }.map { "\(modules)/\($0)" }
            }
            guard found.count == Self.useful.count else {
                throw TextError(file: modules, reason: "has no \(Self.useful.joined(separator: " and "))")
            }
        }
        return BootingMachine.Image(kernel: kernel, program: initProgram, modules: found)
    }
}
