// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import MemoryModel
import Service

/// `mount.fuse.hotmem`: what mount(8) and /etc/fstab mount machines with.
enum MountHelper {
    /// mount(8)'s exit statuses.
    private enum Status: Int32 {
        case mounted = 0
        case usage = 1
        case system = 2
        case mountFailure = 32
    }

    /// Mounts as this process's arguments ask, and ends.
    static func run() -> Never {
        do throws(MountRequest.Problem) {
            exit(mount(try MountRequest(Array(CommandLine.arguments.dropFirst()))).rawValue)
        } catch {
            Terminal.complain(error.description)
            exit(Status.usage.rawValue)
        }
    }

    private static func mount(_ request: MountRequest) -> Status {
        var status = Status.usage
        do throws(Failure) {
            let options = try MountOptions(
                options: request.options, source: request.machine, isSloppy: request.isSloppy)
            var machine = MachineOptions()
            (machine.machine, machine.cmdline) = (request.machine, request.commandLine)
            status = .mountFailure
            // The file is in the caller's namespace, the directory in the other.
            let description = try machine.describe()
            if let namespace = request.namespace {
                status = .system
                try enter(namespace)
                status = .mountFailure
            }
            let place = try MountPoint(request.directory, allowsContent: options.allowsContent)
            let mounting = Mounting(
                options: machine, description: description, fuse: options.fuse, place: place,
                verbose: request.isVerbose)
            if !request.isFake { try mounting.serveInBackground() }
            if request.isVerbose { Terminal.print("\(request.machine) mounted on \(place.path).\n") }
            return .mounted
        } catch {
            Terminal.complain(error.line)
            return status
        }
    }

    /// Goes to another mount namespace: a process's, or one that has a path.
    private static func enter(_ namespace: String) throws(Failure) {
        let path = Int32(namespace) == nil ? namespace : "/proc/\(namespace)/ns/mnt"
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        guard descriptor >= 0, clinux_enter_mount_namespace(descriptor) == 0 else {
            throw .failed("-N \(namespace): \(String(cString: strerror(errno)))")
        }
    }
}
