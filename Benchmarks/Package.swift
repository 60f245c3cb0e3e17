// swift-tools-version: 6.1
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// A package of its own, so that who builds hotmem does not fetch what only measuring needs. `make bench` runs it.
let package = Package(
    name: "hotmem-benchmarks",
    dependencies: [
        .package(name: "hotmem", path: ".."),
        // Its traits count allocations, for which malloc(3) is replaced; times are all that is wanted.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        // Its plugin looks for benchmarks in directories of a directory of this name.
        .executableTarget(
            name: "Engine",
            dependencies: [
                .product(name: "Benchmark", package: "benchmark"),
                .product(name: "MachineFile", package: "hotmem"),
                .product(name: "MemoryModel", package: "hotmem"),
            ],
            path: "Benchmarks/Engine",
            swiftSettings: [.swiftLanguageMode(.v6)],
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
    ]
)
