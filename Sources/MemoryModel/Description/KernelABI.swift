// SPDX-License-Identifier: Apache-2.0

/// The kernel generation whose files, texts and rules a machine shows: the `abi` key of a machine file.
///
/// What differs between them is one table, ``rules``; everything else is common. For Linux 6.1 recorded answers
/// (`Tests/KernelTests`) decide what is right.
public enum KernelABI: String, CaseIterable, Sendable, Codable {
    /// Linux 6.1: zones may interleave, `removable` is always 1, `valid_zones` names the zones for onlining.
    case linux6_1 = "linux-6.1"
    /// Linux 6.18: blocks with broken pages stay offline, blocks may hold their own memory map whatever a device's size is,
    /// and there are other counters.
    case linux6_18 = "linux-6.18"
    /// Linux 3.8: memory has its zone when it is added, only blocks at a zone's border can change it, `removable` says
    /// what the pages are, and offlining gives up after 120 seconds.
    case linux3_8 = "linux-3.8"

    /// What the generation does its own way.
    public var rules: ABIRules {
        switch self {
        case .linux6_1: .linux6_1
        case .linux6_18: .linux6_18
        case .linux3_8: .linux3_8
        }
    }
}

extension KernelABI {
    /// Whether standby memory has to be configured, where nobody says (``ABIRules/configuresStandby``).
    public func configuresStandby(on architecture: Architecture) -> Bool {
        rules.configuresStandby && architecture == .s390x
    }
}

extension Machine {
    /// What the machine's kernel does its own way.
    public var rules: ABIRules { description.abi.rules }

    /// Whether its kernel is made to keep a crash kernel up to date (``ABIRules/hasCrashHotplug``).
    public var hasCrashHotplug: Bool {
        rules.hasCrashHotplug && description.hasCrashHotplug && description.architecture.keepsCrashKernel
    }
}
