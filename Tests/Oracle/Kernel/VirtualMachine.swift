// SPDX-License-Identifier: Apache-2.0

import Foundation
import Transcripts

/// A kernel in QEMU, emulated in software, with our own program as its only process.
final class VirtualMachine: LiveKernel {
    let name: String
    private let emulator: Emulator
    private let line: LineStream
    private let monitor: Monitor
    private var devices: Set<String> = []
    /// It was told not to look at memory devices, and so tells the firmware nothing of them.
    private let leavesDevicesAlone: Bool

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
    private static let answerTime = Duration.seconds(60)

    /// Boots, and returns when the kernel is ready to be asked.
    init(_ hardware: VirtualHardware, _ image: Image, commandLine: String) throws(KernelFailure) {
        leavesDevicesAlone = commandLine.split(separator: " ").contains("acpi_no_memhotplug")
        let directory = try WorkDirectory()
        let initramfs = "\(directory.path)/initramfs"
        try image.writeInitramfs(to: initramfs)
        let lines = try UnixSocket(path: "\(directory.path)/line")
        let monitors = try UnixSocket(path: "\(directory.path)/monitor")
        let devices = [
            "-accel", "tcg", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
            "-serial", "file:\(directory.path)/console.log",
            "-chardev", "socket,id=line,path=\(lines.path)", "-serial", "chardev:line",
            "-chardev", "socket,id=monitor,path=\(monitors.path)", "-mon", "chardev=monitor,mode=control",
            "-kernel", image.kernel, "-initrd", initramfs, "-append", "\(hardware.commandLine) \(commandLine)",
        ]
        emulator = try Emulator(hardware.arguments + devices, in: directory)
        line = try emulator.call(to: lines)
        let caller = try emulator.call(to: monitors)
        do { monitor = try Monitor(caller) } catch { throw emulator.doesNotStart }
        guard let ready = line.line(by: .now + .seconds(Self.bootTime)),
            let name = try? JSON(parsing: ready).members?["ready"]?.string
        else {
            throw KernelFailure(
                description: "the kernel does not boot; its last words: \(directory.end(of: "console.log"))",
                log: directory.text(of: "console.log"))
        }
        self.name = name
        // Nobody hears of what was added at boot.
        _ = try answer(to: .uevents)
    }

    func end() { emulator.end() }

    func answer(to operation: Operation) throws(KernelFailure) -> [String: JSON] {
        guard line.send(Self.escaped(operation.description)) else { throw lost(operation) }
        var time = Self.answerTime
        if case .wait(let milliseconds) = operation { time += .milliseconds(milliseconds) }
        guard let answer = line.line(by: .now + time) else { throw lost(operation) }
        guard let members = try? JSON(parsing: answer).members, members["unknown"] == nil else {
            throw KernelFailure(description: "\(operation): not an answer: \(answer.prefix(200))")
        }
        return members
    }

    private func lost(_ operation: Operation) -> KernelFailure {
        KernelFailure(
            description:
                "no answer to \(operation); the kernel's last words: \(emulator.directory.end(of: "console.log"))",
            log: emulator.directory.text(of: "console.log"))
    }

    /// The operation on one line of ASCII.
    private static func escaped(_ text: String) -> String {
        (text.latin1 ?? []).map { byte in
            if (0x20...0x7e).contains(byte), byte != UInt8(ascii: "\\") {
                return String(latin1: [byte])
            }
            return "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    func plug(id: String, bytes: UInt64, node: Int) throws(KernelFailure) {
        guard devices.count < VirtualHardware.slots else {
            throw KernelFailure(
                description:
                    "the virtual machine has no slot for \(id): \(VirtualHardware.slots) memory devices are plugged",
                isWorthAnotherTry: false)
        }
        guard !devices.contains(id) else { return }
        let backend: [String: JSON] = [
            "qom-type": .text("memory-backend-ram"), "id": .text("memory-\(id)"), "size": .number(Int(bytes)),
            "reserve": .flag(false),
        ]
        guard case .done = try monitor.run("object-add", backend) else { return }
        monitor.forgetEvents()
        let device: [String: JSON] = [
            "driver": .text("pc-dimm"), "id": .text(id), "memdev": .text("memory-\(id)"), "node": .number(node),
        ]
        guard case .done = try monitor.run("device_add", device) else {
            // A node that the machine cannot have, or no room: nothing was plugged.
            _ = try monitor.run("object-del", ["id": .text("memory-\(id)")])
            return
        }
        devices.insert(id)
        _ = monitor.wait(seconds: leavesDevicesAlone ? 1 : 20) { name, data in
            name == "ACPI_DEVICE_OST" && Self.report(data, is: id)
        }
    }

    func unplug(id: String) throws(KernelFailure) {
        guard devices.contains(id) else { return }
        monitor.forgetEvents()
        guard case .done = try monitor.run("device_del", ["id": .text(id)]) else { return }
        var isGone = false
        // An ejection that begins is reported, too.
        let inProgress = JSON.number(0x84)
        _ = monitor.wait(seconds: leavesDevicesAlone ? 1 : 20) { name, data in
            isGone = name == "DEVICE_DELETED" && data["device"] == .text(id)
            return isGone
                || name == "ACPI_DEVICE_OST" && Self.report(data, is: id)
                    && data["info"]?.members?["status"] != inProgress
        }
        guard isGone else { return }
        devices.remove(id)
        _ = try monitor.run("object-del", ["id": .text("memory-\(id)")])
    }

    private static func report(_ data: [String: JSON], is id: String) -> Bool {
        data["info"]?.members?["device"] == .text(id)
    }
}
