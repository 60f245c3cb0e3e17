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

/// A program that runs in the world beside the command, as under a service manager: it says that it is ready.
public struct WorldService: Sendable {
    /// What messages call it.
    public var name: String
    /// Its path and its arguments.
    public var command: [String]
    /// Its whole environment; NOTIFY_SOCKET is added. It must send READY=1 there (sd_notify(3)).
    public var environment: [String]
    /// The descriptor of its standard input, nil for nothing to read: such as a socket, which stays in the network
    /// namespace that it was made in.
    public var input: Int32?
    /// The descriptor of its standard output and error. Both are the caller's, who may close them once the world has
    /// started.
    public var log: Int32

    /// A service.
    public init(name: String, command: [String], environment: [String], input: Int32? = nil, log: Int32) {
        (self.name, self.command, self.environment) = (name, command, environment)
        (self.input, self.log) = (input, log)
    }
}

/// What a world is made of.
public struct WorldConfiguration: Sendable {
    /// The command and its arguments; the first is looked up in the environment's PATH unless it has a slash.
    public var command: [Word]
    /// The command's whole environment, as `NAME=value`.
    public var environment: [Word]
    /// What is laid over the host's paths, in this order.
    public var overlays: [Overlay]
    /// A readable file inside the tree, beginning with a slash: the tree must answer for it before anything is bound.
    public var treeProbe: String
    /// A directory in `/run` that only the world sees, empty but for ``files``; nil for none.
    public var runtimeDirectory: String?
    /// Directories of the host that are the world's own: as they are, but for the ``files`` in them. The host does not
    /// see what is changed there.
    public var ownDirectories: [String] = []
    /// Files of the world's own, by their paths, which lie in the runtime directory or in one of ``ownDirectories``; a path
    /// that ends with a slash is a directory's.
    public var files: [(path: String, bytes: [UInt8])] = []
    /// Directories of the host that seem empty in the world. One that the host lacks is left out.
    public var hidden: [String] = []
    /// Directories of the host where nobody in the world may write; with their mounts, nor to what is mounted on them
    /// (only since Linux 5.12). What is laid over them stays writable.
    public var readOnly: [(path: String, withMounts: Bool)] = []
    /// What runs beside the command, in the order of starting.
    public var services: [WorldService] = []
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
    public init(command: [Word], environment: [Word], overlays: [Overlay], treeProbe: String) {
        self.command = command
        self.environment = environment
        self.overlays = overlays
        self.treeProbe = treeProbe
    }
}
