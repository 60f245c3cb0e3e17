// SPDX-License-Identifier: Apache-2.0

import MemoryModel

extension MemoryBlock: Subject {
    var key: Key { Key(object: id.rawValue, sub: incarnation) }

    static func find(_ key: Key, in machine: Machine) -> MemoryBlock? {
        guard let block = machine.blocks[BlockID(key.object)], block.incarnation == key.sub else { return nil }
        return block
    }
}

extension Node: Subject {
    var key: Key { Key(object: UInt32(id.rawValue), sub: incarnation) }

    static func find(_ key: Key, in machine: Machine) -> Node? {
        guard let node = machine.node(NodeID(Int(key.object))), node.isOnline, node.incarnation == key.sub else {
            return nil
        }
        return node
    }
}

/// A processor, by number.
struct CPU: Subject {
    let number: Int

    static func find(_ key: Key, in machine: Machine) -> CPU? {
        key.object < machine.processorCount ? CPU(number: Int(key.object)) : nil
    }
}

/// A slot for a memory device, by number.
struct Slot: Subject {
    let number: Int

    static func find(_ key: Key, in machine: Machine) -> Slot? {
        key.object < machine.devices.count ? Slot(number: Int(key.object)) : nil
    }
}

extension Machine {
    /// Processors, present and possible alike.
    var processorCount: Int { max(1, description.cpus.count) }

    /// The node a processor is on.
    func node(ofProcessor number: Int) -> NodeID {
        nodes.first { $0.cpus.contains(number) }?.id ?? nodes[0].id
    }
}

/// Members with a name made of a word and a number, found by that number without listing them all.
func number(in name: String, after word: String) -> UInt32? {
    guard name.hasPrefix(word) else { return nil }
    let digits = name.utf8.dropFirst(word.utf8.count)
    guard digits.count == 1 || digits.first != UInt8(ascii: "0"), !digits.isEmpty,
        digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
    else { return nil }
    return UInt32(String(digits) ?? "")
}
