// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// `/proc/iomem` (r_show, spec 9.6).
enum Iomem {
    static func text(of tree: ResourceTree) -> String { lines(tree.resources, depth: 0) }

    private static func lines(_ resources: [ResourceTree.Resource], depth: Int) -> String {
        resources.map { resource in
            let range = Text.hex(resource.first, width: 8) + "-" + Text.hex(resource.last, width: 8)
            let line = String(repeating: "  ", count: depth) + "\(range) : \(resource.name)\n"
            return line + lines(resource.children, depth: depth + 1)
        }.joined()
    }
}
