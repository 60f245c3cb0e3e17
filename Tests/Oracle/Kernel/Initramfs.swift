// SPDX-License-Identifier: Apache-2.0

/// The archive (cpio, "newc") that a kernel boots from: init, and modules in the order that they are loaded in.
struct Initramfs {
    private(set) var bytes: [UInt8] = []
    private var count = 0

    /// Makes the archive.
    init(program: [UInt8], modules: [(name: String, bytes: [UInt8])]) {
        for directory in ["dev", "proc", "sys", "modules"] { add(directory, mode: 0o40755) }
        add("init", mode: 0o100755, program)
        for module in modules { add("modules/\(module.name)", mode: 0o100644, module.bytes) }
        add("modules/order", mode: 0o100644, Array(modules.map { $0.name + "\n" }.joined().utf8))
        add("TRAILER!!!", mode: 0)
    }

    private mutating func add(_ name: String, mode: Int, _ content: [UInt8] = []) {
        count += 1
        let links = 1
        let fields = [count, mode, 0, 0, links, 0, content.count, 0, 0, 0, 0, name.utf8.count + 1, 0]
        bytes += "070701".utf8
        for field in fields {
            let digits = String(field, radix: 16)
            bytes += (String(repeating: "0", count: 8 - digits.count) + digits).utf8
        }
        bytes += name.utf8 + [0]
        pad()
        bytes += content
        pad()
    }

    private mutating func pad() {
        bytes += repeatElement(0, count: (4 - bytes.count % 4) % 4)
    }
}
