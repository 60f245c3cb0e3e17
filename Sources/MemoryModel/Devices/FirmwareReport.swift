// SPDX-License-Identifier: Apache-2.0

/// What a report to the firmware answers: the first argument of the ACPI method _OST, as ACPI numbers it.
public enum FirmwareEvent: UInt32, Sendable, Codable {
    /// A device was plugged in.
    case deviceCheck = 0x1
    /// The firmware wants a device back.
    case ejectRequest = 0x3
    /// Somebody wrote `1` to a device's `eject`.
    case ejectBySystem = 0x103
}

/// What came of it: the second argument of _OST (spec 8.4).
public enum FirmwareStatus: UInt32, Sendable, Codable {
    /// It is done.
    case success = 0x0
    /// It failed, for no reason that has a number of its own.
    case failure = 0x1
    /// Ejecting is not allowed.
    case notSupported = 0x80
    /// Something on the device is in use.
    case busy = 0x82
    /// It has begun.
    case inProgress = 0x84

    /// The end of a command that was refused, or not.
    init(_ refusal: Refusal?) {
        self =
            switch refusal?.errno {
            case nil: .success
            case .notPermitted: .notSupported
            case .busy: .busy
            default: .failure
            }
    }
}

/// A report of the kernel's to the firmware, as the log keeps it.
public struct FirmwareReport: Sendable, Hashable, Codable {
    /// Its number since boot, from 1.
    public let number: UInt64
    /// The ACPI name of the device it is about.
    public let device: String
    /// What is answered.
    public let event: FirmwareEvent
    /// What came of it.
    public let status: FirmwareStatus
}

extension Machine {
    /// The latest reports to the firmware, oldest first.
    public var firmwareLog: [FirmwareReport] { firmwareReports.latest }

    /// Tells the firmware how something it asked for stands.
    mutating func report(_ device: String, _ event: FirmwareEvent, _ status: FirmwareStatus) {
        let report = firmwareReports.append {
            FirmwareReport(number: $0, device: device, event: event, status: status)
        }
        changes.append(.reported(report))
    }
}
