// SPDX-License-Identifier: Apache-2.0

public import MemoryModel
public import SysfsTree

extension FileTree {
    /// What a machine's tree has at some paths.
    ///
    /// - Parameters:
    ///   - session: the machine.
    ///   - areas: paths from the root; what is not there is left out.
    ///   - onProgress: told how many files have been read, now and then.
    public init(of session: TreeSession, areas: [String], onProgress: @escaping (Int) -> Void = { _ in }) {
        self = .empty
        var reader = SimulatedReader(session: session, onProgress: onProgress)
        for area in areas {
            if let tree = reader.read(path: area) { put(tree, at: area) }
        }
    }

    /// The directories and files of a machine's tree that stand for the kernel's: all but the simulator's controls.
    public static let areas = [
        "/sys/devices/system/memory", "/sys/devices/system/node", "/sys/devices/system/cpu",
        "/sys/devices/system/container", "/sys/devices/LNXSYSTM:00", "/sys/bus/memory", "/sys/bus/node", "/sys/bus/cpu",
        "/sys/bus/acpi", "/sys/bus/container", "/sys/module/memory_hotplug", "/sys/firmware/memmap",
        "/sys/firmware/memory", "/sys/firmware/acpi/hotplug", "/proc/buddyinfo", "/proc/cmdline", "/proc/iomem",
        "/proc/meminfo", "/proc/pagetypeinfo", "/proc/vmstat", "/proc/zoneinfo",
    ]

    /// What an export of a machine writes: what was captured, or else all that stands for the kernel's.
    public static func areas(of description: MachineDescription) -> [String] {
        let captured = description.captured?.areas ?? []
        return captured.isEmpty ? areas : captured
    }
}

/// Reads a machine's tree without a mount.
private struct SimulatedReader {
    let session: TreeSession
    let onProgress: (Int) -> Void
    private var files = 0

    init(session: TreeSession, onProgress: @escaping (Int) -> Void) {
        (self.session, self.onProgress) = (session, onProgress)
    }

    mutating func read(path: String) -> FileTree? {
        var inode = Inode.root
        for name in path.pathNames {
            guard let next = try? session.lookup(name, in: inode) else { return nil }
            inode = next
        }
        return read(inode)
    }

    private mutating func read(_ inode: Inode) -> FileTree {
        files += 1
        if files.isMultiple(of: 1000) { onProgress(files) }
        let status = session.status(of: inode).attributes
        let mode = UInt16(status.mode & 0o7777)
        switch status.mode & 0o170000 {
        case 0o040000:
            var members: [String: FileTree] = [:]
            for entry in (try? session.entries(of: inode)) ?? [] { members[entry.name] = read(entry.inode) }
            return .directory(members, mode: mode)
        case 0o120000: return .link((try? session.target(of: inode)) ?? "")
        default:
            guard mode & 0o444 != 0 else { return .file(.writeOnly, mode: mode) }
            do throws(Refusal) {
                return .file(.bytes(try session.text(of: inode)), mode: mode)
            } catch { return .file(.unreadable(error.errno), mode: mode) }
        }
    }
}
