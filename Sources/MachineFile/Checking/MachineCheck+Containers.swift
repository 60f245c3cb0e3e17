// SPDX-License-Identifier: Apache-2.0

import MemoryModel

extension MachineCheck {
    /// The container devices: each must be one that can be plugged in, alone.
    ///
    /// - Parameter block: bytes in a block.
    func checkContainers(block: UInt64) throws(MachineFileError) {
        var names: [String: Int] = [:]
        var cpus = machine.cpus.count
        for (index, container) in machine.containers.enumerated() {
            let path = "container[\(index)]"
            guard machine.architecture.hasACPI else {
                throw locator.error(path, "\(machine.architecture.rawValue) has no ACPI containers; remove it")
            }
            try checkName(container.name, path)
            if let other = names.updateValue(index, forKey: container.name) {
                throw locator.error(
                    "\(path).name", "\(locator.mention("container[\(other)]")) has this name, too; give another")
            }
            try checkNode(container.node, path)
            guard (0...Machine.mostProcessors).contains(container.cpus) else {
                throw locator.error(
                    "\(path).cpus", "must be 0 to \(Machine.mostProcessors), is \(container.cpus)")
            }
            cpus += container.cpus
            guard cpus <= Machine.mostProcessors else {
                throw locator.error(
                    "\(path).cpus", "more than \(Machine.mostProcessors) processors in all; remove some")
            }
            guard container.cpus > 0 || !container.dimms.isEmpty else {
                throw locator.error(path, "is empty; give it cpus or dimms")
            }
            try checkDIMMs(container.dimms, path, block: block)
        }
    }

    /// A name must fit into a line of a control file.
    private func checkName(_ name: String, _ path: String) throws(MachineFileError) {
        guard name.isName else {
            throw locator.error("\(path).name", "must be one word without = and \", is \(name.quoted)")
        }
    }

    private func checkNode(_ node: Int, _ path: String) throws(MachineFileError) {
        guard Self.nodeNumbers.contains(node) else {
            throw locator.error("\(path).node", "must be 0 to \(Self.nodeNumbers.upperBound), is \(node)")
        }
        if machine.affinity.isEmpty {
            guard node == 0 else {
                throw locator.error("\(path).node", "without [[affinity]] there is only node 0, is \(node)")
            }
        } else if !machine.affinity.contains(where: { $0.node == node }) {
            throw locator.error("\(path).node", "node \(node) has no [[affinity]] range; add one")
        }
    }

    private func checkDIMMs(_ dimms: [UInt64], _ path: String, block: UInt64) throws(MachineFileError) {
        guard dimms.count <= machine.slots else {
            throw locator.error(
                "\(path).dimms", "\(dimms.count) DIMMs for \(machine.slots) slots; remove some or add slots")
        }
        let largest = machine.affinity.filter(\.hotplug).map { $0.last - $0.first }.max()
        for (index, size) in dimms.enumerated() {
            guard size > 0, size.isMultiple(of: block) else {
                throw locator.error(
                    "\(path).dimms[\(index)]", "must be a multiple of \(block >> 20)M blocks, is \(size.hex)")
            }
            guard let largest else {
                throw locator.error(
                    "\(path).dimms[\(index)]", "no [[affinity]] range is hot-pluggable; add one with hotplug = true")
            }
            guard size - 1 <= largest else {
                throw locator.error(
                    "\(path).dimms[\(index)]", "larger than every hot-pluggable [[affinity]] range, is \(size.hex)")
            }
        }
    }
}
