// SPDX-License-Identifier: Apache-2.0

import Foundation
import Transcripts

/// A virtual machine that has been started; its kernel may still be booting.
final class BootingMachine {
    let emulator: Emulator
    private let line: UnixSocket
    private let monitor: UnixSocket
    /// It was told not to look at memory devices, and so tells the firmware nothing of them.
    let leavesDevicesAlone: Bool

    /// What is booted.
    struct Image {
        /// The kernel (bzImage).
        var kernel: String
        /// The program that answers.
        var program: String
        /// Modules to load, in order; none for a kernel that has all built in.
        var modules: [String] = []

        /// Writes the initramfs that it boots from.
        fileprivate func writeInitramfs(to path: String) throws(KernelFailure) {
            do {
                var files: [(name: String, bytes: [UInt8])] = []
                for module in modules {
                    files.append((name: URL(filePath: module).lastPathComponent, bytes: try Files.read(module)))
                }
                try Files.write(Initramfs(program: try Files.read(program), modules: files).bytes, to: path)
            } catch { throw KernelFailure(description: error.description, isWorthAnotherTry: false) }
        }
    }

    private static let bootTime = 90

    /// Starts it.
    init(_ hardware: VirtualHardware, _ image: Image, commandLine: String) throws(KernelFailure) {
        leavesDevicesAlone = commandLine.split(separator: " ").contains("acpi_no_memhotplug")
        let directory = try WorkDirectory()
        let initramfs = "\(directory.path)/initramfs"
        try image.writeInitramfs(to: initramfs)
        line = try UnixSocket(path: "\(directory.path)/line")
        monitor = try UnixSocket(path: "\(directory.path)/monitor")
        let devices = [
            "-accel", "tcg", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
            "-serial", "file:\(directory.path)/console.log",
            "-chardev", "socket,id=line,path=\(line.path)", "-serial", "chardev:line",
            "-chardev", "socket,id=monitor,path=\(monitor.path)", "-mon", "chardev=monitor,mode=control",
            "-kernel", image.kernel, "-initrd", initramfs, "-append", "\(hardware.commandLine) \(commandLine)",
        ]
        emulator = try Emulator(hardware.arguments + devices, in: directory)
    }

    /// Waits until the kernel has booted.
    ///
    /// - Returns: what it calls itself, and the ways to it.
    func finish() throws(KernelFailure) -> (name: String, line: LineStream, monitor: Monitor) {
        let stream = try emulator.call(to: line)
        let caller = try emulator.call(to: self.monitor)
        let monitor: Monitor
        do { monitor = try Monitor(caller) } catch { throw emulator.doesNotStart }
        guard let ready = stream.line(by: .now + .seconds(Self.bootTime)),
            let name = try? JSON(parsing: ready).members?["ready"]?.string
        else {
            throw KernelFailure(
                description: "the kernel does not boot; its last words: \(emulator.directory.end(of: "console.log"))",
                log: emulator.directory.text(of: "console.log"))
        }
        return (name, stream, monitor)
    }
}

/// Boots machines of a kind. While one is asked, the next can be booting.
final class BootOrder {
    private let start: () throws(KernelFailure) -> BootingMachine
    private var spare: BootingMachine?
    /// Whether another machine will be asked for soon.
    var keepsSpare = false {
        didSet { if !keepsSpare { spare = nil } }
    }

    init(start: @escaping () throws(KernelFailure) -> BootingMachine) { self.start = start }

    /// A machine whose kernel has booted.
    func machine() throws(KernelFailure) -> VirtualMachine {
        let booting: BootingMachine
        if let spare { booting = spare } else { booting = try start() }
        spare = nil
        let machine = try VirtualMachine(booting)
        if keepsSpare { spare = try start() }
        return machine
    }
}
