// SPDX-License-Identifier: Apache-2.0

internal import CSandbox

/// A step in making a private world, in the order in which the steps run.
public enum WorldStep: String, CaseIterable, Sendable {
    /// Mapping the caller to root in a user namespace of its own; nothing to do for a privileged caller.
    case userNamespace = "user-namespace"
    /// Creating the world's init in a new pid namespace.
    case pidNamespace = "pid-namespace"
    /// Entering a new mount namespace.
    case mountNamespace = "mount-namespace"
    /// Cutting the new namespace's mounts off from the host's.
    case privateMounts = "private-mounts"
    /// Entering a new network namespace, to which the simulated uevents are confined.
    case networkNamespace = "network-namespace"
    /// Opening `/dev/fuse`.
    case fuseDevice = "fuse-device"
    /// Mounting the tree where only the world sees it.
    case treeMount = "tree-mount"
    /// Opening the netlink socket for uevents.
    case ueventSocket = "uevent-socket"
    /// Passing the descriptors to the caller, who serves the tree from here on.
    case handover = "handover"
    /// Reading a file of the tree.
    case treeAnswer = "tree-answer"
    /// Mounting a `/proc` that shows the new pid namespace.
    case procMount = "proc-mount"
    /// Mounting debugfs when the host has not; privileged callers only.
    case debugfs = "debugfs"
    /// Making the host's mounts read-only that nobody in the world is to write to.
    case readOnly = "read-only"
    /// Laying the tree's paths over the host's.
    case overlay = "overlay"
    /// Taking the whole tree out of view again.
    case detachTree = "detach-tree"
    /// Proving that every overlaid path shows the tree.
    case verify = "verify"
    /// Making directories of the world's own, with their files.
    case runtimeDirectory = "runtime-directory"
    /// Hiding what is not for the world's services.
    case covers = "covers"
    /// Starting the world's services, and waiting until they are ready.
    case services = "services"
    /// Going back to the caller's working directory, as the world shows it.
    case workingDirectory = "working-directory"
    /// Starting the command.
    case command = "command"

    /// What could not be done when this step fails: completes "cannot …".
    var action: String {
        switch self {
        case .userNamespace: "create a user namespace"
        case .pidNamespace: "create a pid namespace"
        case .mountNamespace: "create a mount namespace"
        case .privateMounts: "make the mounts private"
        case .networkNamespace: "create a network namespace"
        case .fuseDevice: "open the FUSE device"
        case .treeMount: "mount the simulated tree"
        case .ueventSocket: "open the uevent socket"
        case .handover: "hand the tree over to its server"
        case .treeAnswer: "read the simulated tree"
        case .procMount: "mount /proc"
        case .debugfs: "mount debugfs"
        case .readOnly: "make the host's mounts read-only"
        case .overlay: "lay the simulated tree over the system's"
        case .detachTree: "detach the simulated tree's temporary mount"
        case .verify: "verify that the simulated tree is in place"
        case .runtimeDirectory: "make private directories"
        case .covers: "hide the host's files"
        case .services: "start what runs beside the command"
        case .workingDirectory: "return to the working directory"
        case .command: "start the command"
        }
    }

    var code: csandbox_step {
        switch self {
        case .userNamespace: CSANDBOX_STEP_USER_NAMESPACE
        case .pidNamespace: CSANDBOX_STEP_PID_NAMESPACE
        case .mountNamespace: CSANDBOX_STEP_MOUNT_NAMESPACE
        case .privateMounts: CSANDBOX_STEP_PRIVATE_MOUNTS
        case .networkNamespace: CSANDBOX_STEP_NETWORK_NAMESPACE
        case .fuseDevice: CSANDBOX_STEP_FUSE_DEVICE
        case .treeMount: CSANDBOX_STEP_TREE_MOUNT
        case .ueventSocket: CSANDBOX_STEP_UEVENT_SOCKET
        case .handover: CSANDBOX_STEP_HANDOVER
        case .treeAnswer: CSANDBOX_STEP_TREE_ANSWER
        case .procMount: CSANDBOX_STEP_PROC_MOUNT
        case .debugfs: CSANDBOX_STEP_DEBUGFS
        case .readOnly: CSANDBOX_STEP_READ_ONLY
        case .overlay: CSANDBOX_STEP_OVERLAY
        case .detachTree: CSANDBOX_STEP_DETACH_TREE
        case .verify: CSANDBOX_STEP_VERIFY
        case .runtimeDirectory: CSANDBOX_STEP_RUNTIME_DIRECTORY
        case .covers: CSANDBOX_STEP_COVERS
        case .services: CSANDBOX_STEP_SERVICES
        case .workingDirectory: CSANDBOX_STEP_WORKING_DIRECTORY
        case .command: CSANDBOX_STEP_COMMAND
        }
    }

    init?(code: Int32) {
        guard let step = Self.allCases.first(where: { $0.code.rawValue == UInt32(bitPattern: code) }) else {
            return nil
        }
        self = step
    }
}
