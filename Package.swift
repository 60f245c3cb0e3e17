// swift-tools-version: 6.1
import PackageDescription

// Arrows point one way: hotmem -> Service -> TreeServer -> SysfsTree -> MemoryModel; FuseBridge, Uevents and Sandbox
// know nothing of each other. docs/decisions.md says why each target is one.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "hotmem",
    products: [
        .executable(name: "hotmem", targets: ["hotmem"]),
        // Not part of `make build`: `make web` builds it.
        .executable(name: "hotmem-web", targets: ["hotmem-web"]),
        .library(name: "MemoryModel", targets: ["MemoryModel"]),
        .library(name: "MachineFile", targets: ["MachineFile"]),
        // For the packages of Tests/Torture and Benchmarks.
        .library(name: "SysfsTree", targets: ["SysfsTree"]),
        .library(name: "Capture", targets: ["Capture"]),
        .library(name: "TreeServer", targets: ["TreeServer"]),
        .library(name: "Journal", targets: ["Journal"]),
        .library(name: "Transcripts", targets: ["Transcripts"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        // For hotmem-web alone.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
    ],
    targets: [
        // The simulated machine: no clock, no I/O, no randomness it was not seeded with.
        .target(
            name: "MemoryModel",
            dependencies: [
                .product(name: "OrderedCollections", package: "swift-collections"),
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: strict),
        // What the machine looks like as files.
        .target(
            name: "SysfsTree",
            dependencies: ["MemoryModel", .product(name: "BitCollections", package: "swift-collections")],
            swiftSettings: strict),
        // What came to a tree, in order, in a file: so that nothing is lost that was confirmed.
        .target(name: "Journal", dependencies: ["SysfsTree", "MemoryModel", "CLinux"], swiftSettings: strict),
        // State as bytes: what Swift's Codable writes and reads.
        .target(name: "StateCoding", swiftSettings: strict),
        // What-if questions that many machines are booted for.
        .target(name: "Study", dependencies: ["MemoryModel", "Picture"], swiftSettings: strict),
        // Machine files and presets.
        .target(
            name: "MachineFile",
            dependencies: ["MemoryModel", .product(name: "TOMLKit", package: "TOMLKit")],
            swiftSettings: strict),
        // Real machines: from their files to machine files, and from trees to plain files.
        .target(
            name: "Capture", dependencies: ["MemoryModel", "SysfsTree", "MachineFile", "CLinux"], swiftSettings: strict),
        // libfuse3's low-level API, as Swift.
        .systemLibrary(name: "CFuse3", pkgConfig: "fuse3", providers: [.apt(["libfuse3-dev"])]),
        .target(name: "FuseBridge", dependencies: ["CFuse3", "CLinux"], swiftSettings: strict),
        // What people look at: a machine's controls, read back, drawn and told in words.
        .target(name: "Picture", swiftSettings: strict),
        // The few system calls that Swift cannot express.
        .target(name: "CLinux"),
        // The kernel's uevent bytes and the netlink socket.
        .target(name: "Uevents", dependencies: ["MemoryModel", "CLinux"], swiftSettings: strict),
        // A private world for a command.
        .target(name: "CSandbox"),
        .target(name: "Sandbox", dependencies: ["CSandbox"], swiftSettings: strict),
        // What was asked of a tree and what it answered, live kernels' included; and replaying it.
        .target(
            name: "Transcripts",
            dependencies: [
                "SysfsTree", "Uevents", "MemoryModel", "CLinux",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: strict),
        // Machine, tree, events and FUSE joined.
        .target(
            name: "TreeServer",
            dependencies: [
                "MemoryModel", "SysfsTree", "Journal", "StateCoding", "FuseBridge", "Uevents", "Transcripts",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: strict),
        // What makes a daemon of it: the service manager, the journal, reloading, mount(8).
        .target(
            name: "Service",
            dependencies: [
                "MemoryModel", "SysfsTree", "Journal", "TreeServer", "FuseBridge", "CLinux",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "hotmem",
            dependencies: [
                "MemoryModel", "SysfsTree", "Journal", "TreeServer", "MachineFile", "Sandbox", "Service", "Study",
                "Uevents", "Transcripts", "CLinux", "FuseBridge", "Capture", "Picture",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        // A running machine in a browser: reads the tree's files as any program does, and serves a page.
        .target(
            name: "WebServer",
            dependencies: [
                "Picture", "TreeServer", "CLinux",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            resources: [.embedInCode("Page")], swiftSettings: strict),
        .executableTarget(
            name: "hotmem-web",
            dependencies: ["WebServer", "Service", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Sources/Web", swiftSettings: strict),

        // Writes the manual, for `make man`; not installed.
        .executableTarget(
            name: "hotmem-manual", dependencies: ["MachineFile", "SysfsTree", "MemoryModel"], path: "Sources/Manual",
            swiftSettings: strict),

        // Writes the reference of the tree's files, for `make docs`; not installed.
        .executableTarget(
            name: "hotmem-reference", dependencies: ["MachineFile", "SysfsTree", "MemoryModel"],
            path: "Sources/Reference", swiftSettings: strict),

        // What tests of several targets use: programs that are run, and where to mount.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(name: "StateCodingTests", dependencies: ["StateCoding"], swiftSettings: strict),
        .testTarget(
            name: "MemoryModelTests", dependencies: ["MemoryModel", "MachineFile", "StateCoding"], swiftSettings: strict
        ),
        .testTarget(
            name: "SysfsTreeTests", dependencies: ["SysfsTree", "MemoryModel", "MachineFile", "StateCoding"],
            resources: [.copy("Snapshots")], swiftSettings: strict),
        .testTarget(
            name: "JournalTests", dependencies: ["Journal", "SysfsTree", "MemoryModel"], swiftSettings: strict),
        .testTarget(
            name: "TranscriptsTests", dependencies: ["Transcripts", "MachineFile", "MemoryModel", "SysfsTree"],
            swiftSettings: strict),
        .testTarget(name: "UeventsTests", dependencies: ["Uevents", "MemoryModel", "CLinux"], swiftSettings: strict),
        .testTarget(name: "MachineFileTests", dependencies: ["MachineFile", "MemoryModel"], swiftSettings: strict),
        .testTarget(
            name: "PictureTests", dependencies: ["Picture", "SysfsTree", "MemoryModel", "MachineFile"],
            swiftSettings: strict),
        .testTarget(
            name: "ReferenceTests", dependencies: ["hotmem-reference", "SysfsTree", "MemoryModel"],
            swiftSettings: strict),
        .testTarget(
            name: "WebTests",
            dependencies: [
                "WebServer", "TreeServer", "Picture", "TestSupport",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(name: "StudyTests", dependencies: ["Study", "MemoryModel", "MachineFile"], swiftSettings: strict),
        .testTarget(
            name: "CaptureTests", dependencies: ["Capture", "SysfsTree", "MachineFile", "MemoryModel"],
            swiftSettings: strict),
        .testTarget(name: "FuseBridgeTests", dependencies: ["FuseBridge", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "TreeServerTests", dependencies: ["TreeServer", "Uevents", "MemoryModel", "StateCoding"],
            swiftSettings: strict),
        .testTarget(name: "SandboxTests", dependencies: ["Sandbox"], swiftSettings: strict),
        .testTarget(
            name: "ServiceTests",
            dependencies: [
                "Service", "MachineFile", "MemoryModel", "SysfsTree", "FuseBridge", "CLinux", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        // Records more of it, from a kernel in QEMU; `make oracle` runs it.
        .executableTarget(
            name: "oracle",
            dependencies: [
                "Transcripts", "MachineFile", "MemoryModel",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Oracle", exclude: ["Guest", "README.md", "Scenarios", "run"], swiftSettings: strict),
        .testTarget(
            name: "OracleTests", dependencies: ["oracle", "Transcripts", "MachineFile", "MemoryModel"],
            swiftSettings: strict),
        // Answers recorded from live kernels, replayed in process and through a mount.
        .testTarget(
            name: "KernelTests",
            dependencies: [
                "Transcripts", "TreeServer", "Uevents", "FuseBridge", "MachineFile", "MemoryModel", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            resources: [.copy("Transcripts"), .copy("Machines")],
            swiftSettings: strict),
        // The hotmem program itself, used as its users do.
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "hotmem", "Service", "TreeServer", "SysfsTree", "MachineFile", "MemoryModel", "TestSupport",
            ],
            resources: [.copy("Scripts"), .copy("Captures"), .copy("Programs/Static")],
            swiftSettings: strict),
    ]
)
