// SPDX-License-Identifier: Apache-2.0

import OrderedCollections

/// A small seeded generator (SplitMix64), so that what looks random is the same each time.
struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number below a bound.
    mutating func next(below bound: UInt64) -> UInt64 { bound == 0 ? 0 : next() % bound }
}

extension Machine {
    /// Allocates and frees at random, as a busy machine does: mostly anonymous memory and page cache, some kernel
    /// memory. What is left of it are workloads of their own, `NAME-1`, `NAME-2`, ...
    ///
    /// - Throws: EEXIST for a name in use.
    mutating func background(_ load: BackgroundLoad) throws(Refusal) {
        let possible = BackgroundLoad.possibleSteps
        guard possible.contains(load.steps) else {
            throw Refusal(.invalid, "steps has to be from \(possible.lowerBound) to \(possible.upperBound)")
        }
        let managed = nodes.reduce(0) { $0 + $1.managed }
        guard load.pages > 0, load.pages <= managed else {
            throw Refusal(.invalid, "pages has to be from 1 to \(managed), what the machine has")
        }
        guard load.pages / 16 * UInt64(load.steps) <= 1 << 30 else {
            throw Refusal(.invalid, "pages times steps is too much work; make one of them smaller")
        }
        if let node = load.node, self.node(node)?.isOnline != true {
            throw Refusal(.invalid, "\(node) is not online")
        }
        let prefix = load.name + "-"
        guard !workloads.keys.contains(where: { $0.hasPrefix(prefix) }) else {
            throw Refusal(.exists, "workloads named \(prefix)... exist")
        }
        var random = SplitMix(seed: load.seed)
        var (held, names, serial): (UInt64, [String], Int) = (0, [], 0)
        // Sizes vary from a page to a good part of the whole.
        let most = max(1, load.pages / 8)
        for _ in 0..<load.steps {
            let wanted = min(1 + random.next(below: most), load.pages)
            if held + wanted > load.pages || !names.isEmpty && random.next(below: 3) == 0 {
                guard !names.isEmpty else { continue }
                let name = names.remove(at: Int(random.next(below: UInt64(names.count))))
                held -= workloads[name].map { pages.owners[$0.owner].frames } ?? 0
                try? free(name: name, nil)
                continue
            }
            serial += 1
            let kinds: [PageKind] = [.anon, .anon, .anon, .file, .file, .shmem, .slab, .kernel, .pagetable]
            let kind = kinds[Int(random.next(below: UInt64(kinds.count)))]
            // Kernel memory comes in small portions.
            let count = kind.traits.isMovable ? wanted : max(1, wanted / 64)
            let workload = Workload(
                name: prefix + "\(serial)", kind: kind, node: load.node, pages: count)
            do throws(Refusal) {
                try allocate(workload)
                held += count
                names.append(workload.name)
            } catch { continue }
        }
    }
}
