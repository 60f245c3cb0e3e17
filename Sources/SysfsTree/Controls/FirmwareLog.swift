// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// The file `firmware`: what the kernel told the firmware of devices that came or were to go (_OST; spec 8.4).
enum FirmwareLog {
    static func text(of machine: Machine) -> String {
        machine.firmwareLog.map { report in
            "\(report.number) \(report.device) event=0x\(Text.hex(report.event.rawValue)) "
                + "status=0x\(Text.hex(report.status.rawValue))\n"
        }.joined()
    }
}
