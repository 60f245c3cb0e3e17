// SPDX-License-Identifier: Apache-2.0

/// The kernel generation whose files, texts and rules a machine shows: the `abi` key of a machine file.
///
/// Its recorded answers (`Tests/KernelTests`) decide what is right for it.
public enum KernelABI: String, CaseIterable, Sendable {
    /// Linux 6.1: zones may interleave, `removable` is always 1, `valid_zones` names the zones for onlining.
    case linux6_1 = "linux-6.1"
}
