// SPDX-License-Identifier: Apache-2.0

/// One path of the simulated tree that is laid over a path of the host.
public struct Overlay: Sendable, Equatable {
    /// The path inside the tree, beginning with a slash.
    public var source: String
    /// The host's path, a file or a directory as the source is.
    public var target: String
    /// Whether a host without the target is a failure rather than a note.
    public var required: Bool

    /// An overlay; the two paths are the same unless a source is given.
    public init(target: String, source: String? = nil, required: Bool) {
        self.source = source ?? target
        self.target = target
        self.required = required
    }
}

/// What a world is made of.
public struct WorldConfiguration: Sendable {
    /// The command and its arguments; the first is looked up in the environment's PATH unless it has a slash.
    public var command: [String]
    /// The command's whole environment, as `NAME=value`.
    public var environment: [String]
    /// What is laid over the host's paths, in this order.
    public var overlays: [Overlay]
    /// A readable file inside the tree, beginning with a slash: the tree must answer for it before anything is bound.
    public var treeProbe: String
    /// The user and group that own the FUSE mount, as the world numbers them.
    public var treeOwner: UInt32 = 0
    /// The step that is made to fail, in tests that nothing runs in a half-made world.
    public var failAt: WorldStep?
    /// How long one step may take, in seconds.
    public var answerTimeout: Double = 10

    /// Where the tree comes from.
    enum Tree: Sendable {
        /// A FUSE mount that the caller serves.
        case fuse
        /// A plain directory, in tests: there is then no FUSE descriptor.
        case bind(String)
    }

    var tree = Tree.fuse

    /// A configuration with the usual ten seconds per step.
    public init(command: [String], environment: [String], overlays: [Overlay], treeProbe: String) {
        self.command = command
        self.environment = environment
        self.overlays = overlays
        self.treeProbe = treeProbe
    }
}
