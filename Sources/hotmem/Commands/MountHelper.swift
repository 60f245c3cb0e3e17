// SPDX-License-Identifier: Apache-2.0

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
            _ = try machine.describe()
            var namespace: MountNamespace?
            if let name = request.namespace {
                status = .system
                namespace = try MountNamespace(name)
                status = .mountFailure
            }
            func look() throws(Failure) -> MountPoint {
                try MountPoint(request.directory, allowsContent: options.allowsContent)
            }
            let place = if let namespace { try namespace.visit(look) } else { try look() }
            let mounting = Mounting(
                options: machine, journalOptions: .usual, mountOptions: options, place: place,
                verbose: request.isVerbose, namespace: namespace)
            if !request.isFake { try mounting.serveInBackground() }
            if request.isVerbose { Terminal.print("\(request.machine) mounted on \(place.path).\n") }
            return .mounted
        } catch {
            Terminal.complain(error.line)
            return status
        }
    }
}
