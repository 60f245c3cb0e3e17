// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Why there is no world. The command has not run.
public struct WorldError: Error, CustomStringConvertible, Equatable {
    /// The step that failed.
    public let step: WorldStep
    /// The error number of the system call that failed.
    public let errno: Int32
    /// What the step was working on; may be empty.
    public let detail: String
    /// Whether the world was complete and only the command could not be executed.
    public let isCommandFailure: Bool

    init(step: WorldStep, errno: Int32, detail: String, isCommandFailure: Bool = false) {
        self.step = step
        self.errno = errno
        self.detail = detail
        self.isCommandFailure = isCommandFailure
    }

    /// The exit code by which shells and wrappers report a command that could not be executed: 127 when there is none
    /// by that name, 126 otherwise; nil for every other failure.
    public var commandExitCode: Int32? {
        guard isCommandFailure else { return nil }
        return errno == ENOENT ? 127 : 126
    }

    /// One line: what failed, why, and what may help.
    public var description: String {
        if isCommandFailure {
            return errno == ENOENT ? "\(detail): command not found" : "\(detail): \(reason)"
        }
        let subject = detail.isEmpty ? "" : " (\(detail))"
        let help = advice.map { "; \($0)" } ?? ""
        // Of what ended, the errno says nothing.
        let cause = step == .services && errno == ECHILD ? "" : ": \(reason)"
        return "cannot \(step.action)\(subject)\(cause)\(help)"
    }

    private var reason: String {
        guard let text = strerror(errno) else { return "error \(errno)" }
        return String(cString: text)
    }

    private var isRefusal: Bool { errno == EPERM || errno == EACCES }

    private var advice: String? {
        if detail == "made to fail" { return nil }
        switch (step, errno) {
        case (.userNamespace, ENOSPC), (.userNamespace, EUSERS):
            return "no more user namespaces are allowed: see /proc/sys/user/max_user_namespaces"
        case (.userNamespace, EINVAL), (.userNamespace, ENOSYS):
            return "this kernel has no user namespaces: run as root"
        case (.userNamespace, _) where isRefusal:
            return "run as root, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, on Ubuntu "
                + "kernel.apparmor_restrict_unprivileged_userns=0; in a container --privileged, or "
                + "--security-opt seccomp=unconfined)"
        case (.pidNamespace, ENOSPC):
            return "no more pid namespaces are allowed: see /proc/sys/user/max_pid_namespaces"
        case (.networkNamespace, ENOSPC), (.mountNamespace, ENOSPC):
            return "no more namespaces are allowed: see /proc/sys/user"
        case (.fuseDevice, ENOENT), (.fuseDevice, ENODEV), (.fuseDevice, ENXIO):
            return "load the module (modprobe fuse), or give the container the device (--device /dev/fuse)"
        case (.fuseDevice, _) where isRefusal:
            return "make /dev/fuse readable and writable for this user, or give the container the device "
                + "(--device /dev/fuse)"
        case (.treeMount, ENODEV):
            return "this kernel has no FUSE: modprobe fuse"
        case (.treeAnswer, ETIMEDOUT):
            return "the tree's server does not answer"
        case (.overlay, ENOENT):
            return "this system or the simulated tree has no such path"
        case (.workingDirectory, ENOENT):
            return "the simulated tree has no such directory: start from another one"
        case (_, _) where isRefusal:
            return "a security policy or a container forbids it: run as root, or the container with --privileged"
        default:
            return nil
        }
    }
}
