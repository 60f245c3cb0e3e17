// SPDX-License-Identifier: Apache-2.0

import Glibc

@testable import MemoryModel

// Random operations on all of the tests' machines, with everything that must hold checked after each, and every page frame
// too after each so-many-eth. usage: storm OPERATIONS [PAGE-CHECK-INTERVAL [SEED [OPERATIONS-PER-WALK]]]

let numbers = CommandLine.arguments.dropFirst().map { Int($0) ?? -1 }
guard (1...4).contains(numbers.count), numbers.allSatisfy({ $0 > 0 }) else {
    print("usage: storm OPERATIONS [PAGE-CHECK-INTERVAL [SEED [OPERATIONS-PER-WALK]]]")
    exit(2)
}
let operations = numbers[0]
let interval = numbers.count > 1 ? numbers[1] : 1
let firstSeed = UInt64(numbers.count > 2 ? numbers[2] : 1)
let length = numbers.count > 3 ? numbers[3] : 500

var (done, walks) = (0, 0)
while done < operations {
    let (name, description) = Machines.all[walks % Machines.all.count]
    let seed = firstSeed &* 1_000_003 &+ UInt64(walks)
    let walk = Walk(description: description, pageCheckInterval: interval)
    let (commands, failure) = walk.random(seed: seed, steps: min(length, operations - done))
    done += commands.count
    walks += 1
    guard let failure else { continue }
    let shortest = walk.shrunk(commands)
    print("machine \"\(name)\", seed \(seed), step \(failure.step): \(failure.violations.joined(separator: "; "))")
    print("shortest:", shortest.map { "\n    \($0)" }.joined())
    exit(1)
}
print("\(done) operations in \(walks) walks on \(Machines.all.count) machines, nothing broken")
