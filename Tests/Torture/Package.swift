// swift-tools-version: 6.1
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// A package of its own, so that it can be built with sanitizers, and with what else hotmem is not built with.
// `make fuzz` and `make torture` run it.

let strict: [SwiftSetting] = [.swiftLanguageMode(.v6), .enableUpcomingFeature("MemberImportVisibility")]

let package = Package(
    name: "hotmem-torture",
    dependencies: [.package(name: "hotmem", path: "../..")],
    targets: [
        // A function for each parser that takes any bytes, and traps where something does not hold.
        .target(
            name: "FuzzTargets",
            dependencies: [
                .product(name: "MemoryModel", package: "hotmem"), .product(name: "MachineFile", package: "hotmem"),
                .product(name: "SysfsTree", package: "hotmem"), .product(name: "Capture", package: "hotmem"),
                .product(name: "Journal", package: "hotmem"), .product(name: "TreeServer", package: "hotmem"),
                .product(name: "Transcripts", package: "hotmem"),
            ],
            swiftSettings: strict),
        // libFuzzer has the main function; this one is C, for which SwiftPM wants none either.
        .executableTarget(name: "fuzz", dependencies: ["FuzzTargets"]),
        // Random operations, with everything checked after each. What it walks with are links to the model's tests.
        .executableTarget(
            name: "storm",
            dependencies: [.product(name: "MemoryModel", package: "hotmem")],
            swiftSettings: strict),
    ]
)
