// SPDX-License-Identifier: Apache-2.0

import Transcripts

/// A kernel in QEMU, emulated in software, with our own program as its only process.
final class VirtualMachine: LiveKernel {
    let name: String
    private let emulator: Emulator
    private let line: LineStream
    private let monitor: Monitor
    private var devices: Set<String> = []
    private let leavesDevicesAlone: Bool

    private static let answerTime = Duration.seconds(60)

    /// Returns when the kernel is ready to be asked.
    init(_ booting: BootingMachine) throws(KernelFailure) {
        (name, line, monitor) = try booting.finish()
        (emulator, leavesDevicesAlone) = (booting.emulator, booting.leavesDevicesAlone)
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
