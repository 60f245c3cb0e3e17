// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// What a process that serves a tree keeps of what its user may do.
///
/// It reads requests that anybody may have made who can reach the tree, and should one of them be the end of it, it is to be
/// able to do as little as possible: no capabilities, no programs, no mounts, no network.
public struct Privileges: Sendable, Equatable {
    /// The capabilities that stay, a bit each (capabilities(7)).
    public let capabilities: UInt64

    /// None at all: what a server needs whose uevents go nowhere, or into a namespace that its user made.
    public static let none = Privileges(capabilities: 0)

    /// CAP_SYS_ADMIN, without which the kernel takes no uevents on a socket in a network namespace that is not of this
    /// user's making (``init(toSendOn:)``). Nothing else is in need of it: see ``Steward``.
    public static let sendingUevents = Privileges(capabilities: 1 << CAP_SYS_ADMIN)

    private static let CAP_SYS_ADMIN: UInt64 = 21

    private init(capabilities: UInt64) { self.capabilities = capabilities }

    /// As little as allows sending uevents.
    ///
    /// - Parameter socket: where they are sent; nil where they are not.
    public init(toSendOn socket: Int32?) {
        guard let socket, clinux_uevents_need_privilege(socket) != 0 else {
            self = .none
            return
        }
        self = .sendingUevents
    }

    /// Gives up everything else, for good, and makes sure that it is gone: capabilities of all sets, gaining privileges
    /// by starting programs, and the system calls that no server makes.
    ///
    /// Only called while the process has one thread, for all of this is a thread's and what that starts; and after
    /// the last thing that takes a privilege: mounting, opening uevents' sockets, starting a ``Steward``.
    ///
    /// A process stays dumpable: what of its memory its user might read, its user may read in the tree, too.
    ///
    /// - Returns: what this kernel has not, and is done without; nil as a rule.
    public func keepOnlyThese() throws(PrivilegesError) -> String? {
        var step = CLINUX_PRIVILEGES_VERIFY
        let error = clinux_give_up_privileges(capabilities, 0, &step)
        guard error == 0 else { throw PrivilegesError(step: step, errno: error) }
        let filter = clinux_confine(CLINUX_CONFINED_SERVER)
        guard filter != 0 else { return nil }
        guard filter == EINVAL || filter == ENOSYS else {
            throw PrivilegesError(step: CLINUX_PRIVILEGES_FILTER, errno: filter)
        }
        return "this kernel has no filters for system calls: they are not restricted"
    }
}

/// Why a process still has what it wanted to give up. It is not to serve then.
public struct PrivilegesError: Error, Sendable, CustomStringConvertible {
    /// The error of the system call that failed; EPERM if it did not, and yet nothing came of it.
    public let errno: Int32
    /// What could not be done.
    public let description: String

    init(step: clinux_privilege_step, errno: Int32) {
        self.errno = errno
        let what =
            switch step {
            case CLINUX_PRIVILEGES_THREADS: "there is more than one thread"
            case CLINUX_PRIVILEGES_NEW: "no_new_privs"
            case CLINUX_PRIVILEGES_BOUNDING: "the bounding set"
            case CLINUX_PRIVILEGES_AMBIENT: "the ambient set"
            case CLINUX_PRIVILEGES_FILTER: "the filter for system calls"
            case CLINUX_PRIVILEGES_VERIFY: "what was given up is still there"
            default: "capabilities"
            }
        description = "privileges cannot be given up: \(what): \(String(cString: strerror(errno)))"
    }
}
