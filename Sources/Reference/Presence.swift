// SPDX-License-Identifier: Apache-2.0

import MachineFile
import MemoryModel
import SysfsTree

/// On which machines there is a file: found out by asking a machine of each architecture and kernel generation.
struct Presence {
    private let machines: [(abi: KernelABI, architecture: Architecture, machine: Machine)]

    init() throws {
        let presets = try Preset.all.map { try MachineFile.parse($0.text, name: $0.name) }
        let first = Architecture.allCases.compactMap { kind in presets.first { $0.architecture == kind } }
        machines = first.flatMap { preset in
            KernelABI.allCases.map { abi in
                var description = preset
                description.abi = abi
                description.configuresStandby = abi.configuresStandby(on: description.architecture)
                return (abi, description.architecture, Machine(booting: description))
            }
        }
    }

    /// In words, on which kernels and architectures; empty for what is on all.
    func words(for entry: TreeListing.Entry) -> String {
        let having = machines.filter { entry.exists(on: $0.machine) }
        let kernels = KernelABI.allCases.filter { abi in having.contains { $0.abi == abi } }
        let architectures = Architecture.allCases.filter { kind in having.contains { $0.architecture == kind } }
        var words: [String] = []
        if kernels.count < KernelABI.allCases.count {
            let versions = kernels.map { String($0.rawValue.dropFirst("linux-".count)) }.sorted()
            words.append("Linux " + versions.joined(separator: ", "))
        }
        if architectures.count < Set(machines.map(\.architecture)).count {
            words.append(architectures.map(\.rawValue).joined(separator: ", "))
        }
        return words.joined(separator: "; ")
    }
}
