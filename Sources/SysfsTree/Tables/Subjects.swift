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

/// A processor that is present, by number.
struct CPU: Subject {
    let number: Int

    static func find(_ key: Key, in machine: Machine) -> CPU? {
        guard let processor = machine.processor(Int(key.object)), processor.incarnation == key.sub else { return nil }
        return CPU(number: Int(key.object))
    }

    /// The directory of a processor that is present, or nil.
    static func member(_ number: Int, of machine: Machine) -> Member? {
        machine.processor(number).map {
            Member(name: "cpu\(number)", key: Key(object: UInt32(number), sub: $0.incarnation))
        }
    }
}

/// The ACPI object of a processor that came in a container.
struct ProcessorObject: Subject {
    let number: Int

    static func find(_ key: Key, in machine: Machine) -> ProcessorObject? {
        guard let cpu = CPU.find(key, in: machine), machine.processor(cpu.number)?.container != nil else { return nil }
        return ProcessorObject(number: cpu.number)
    }
}

extension ContainerDevice: Subject {
    var key: Key { Key(object: id.key, sub: incarnation) }

    static func find(_ key: Key, in machine: Machine) -> ContainerDevice? {
        machine.containers.first { $0.key == key }
    }
}

extension ContainerID {
    /// The hardware id's place among all of them, above the number.
    var key: UInt32 { UInt32(ContainerKind.allCases.firstIndex(of: kind) ?? 0) << 16 | UInt32(number) }

    /// Reads a key.
    init?(key: UInt32) {
        let kinds = ContainerKind.allCases
        guard Int(key >> 16) < kinds.count else { return nil }
        self.init(kind: kinds[Int(key >> 16)], number: Int(key & 0xffff))
    }
}

/// A slot for a memory device, by number.
struct Slot: Subject {
    let number: Int

    static func find(_ key: Key, in machine: Machine) -> Slot? {
        key.object < machine.devices.count ? Slot(number: Int(key.object)) : nil
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
