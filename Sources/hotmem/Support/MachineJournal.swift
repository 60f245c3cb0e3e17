// SPDX-License-Identifier: Apache-2.0

import Glibc
import Journal
import Logging
import MemoryModel
import Service
import SysfsTree

/// The journal that a mounted machine has, and what is in it.
struct MachineJournal: Sendable {
    let journal: Journal
    /// What the machine is to be brought to.
    let records: [JournalRecord]
    /// What it is booted from.
    let description: MachineDescription

    /// What the machine's file said when it was read last.
    var lastRead: BootRecord {
        for record in records.reversed() {
            switch record.entry {
            case .reloaded(let text, let name, let commandLine),
                .input(.reload(let text, let name, let commandLine), _):
                return BootRecord(program: "", name: name, text: text, commandLine: commandLine)
            default: continue
            }
        }
        return journal.boot
    }

    private let directory: PrivateDirectory
    private let isForgotten: Bool

    /// Opens the journal of a mount: goes on with the one that is there, or begins one.
    ///
    /// - Parameters:
    ///   - options: where it is, and what it begins with.
    ///   - machine: the machine that was asked for.
    ///   - place: where the tree is, or will be, mounted.
    ///   - isHandedOver: whether it was begun for a tree that is mounted by now.
    /// - Returns: nil where no journal is wanted.
    static func open(
        _ options: JournalOptions, of machine: MachineOptions, at place: MountPoint, isHandedOver: Bool
    ) throws(Failure) -> MachineJournal? {
        guard !options.noJournal else { return nil }
        // What cannot be begun with leaves no directory behind.
        let report =
            try isHandedOver
            ? nil
            : options.journal.map { (file) throws(Failure) in
                try Background.hearingSignals { () throws(Failure) in try JournalFile(file).text() }
            }
        let path = Self.directory(options, at: place)
        let boot: BootRecord? =
            if isHandedOver || options.again {
                nil
            } else if report == nil, access("\(path)/\(Journal.name)", F_OK) != 0 {
                try read(machine)
            } else {
                nil
            }
        let directory: PrivateDirectory
        do throws(PrivateDirectoryError) { directory = try PrivateDirectory(at: path) } catch {
            throw Failure.failed("--state: \(error.description)")
        }
        do throws(Failure) { return try open(directory, options, machine, isHandedOver, boot, report) } catch {
            // Unless there is something in it.
            if options.isForgotten { rmdir(directory.path) }
            throw error
        }
    }

    /// Takes the journal of a mount away that nobody wants to go on with.
    static func forget(_ options: JournalOptions, at place: MountPoint) {
        guard options.isForgotten, let directory = try? PrivateDirectory(at: directory(options, at: place)) else {
            return
        }
        Ending(directory: directory, isForgotten: true).remove()
    }

    /// Where it is.
    static func directory(_ options: JournalOptions, at place: MountPoint) -> String {
        // A daemon is elsewhere when it opens it.
        options.state.map(PrivateDirectory.absolute) ?? usualDirectory(at: place.path, of: geteuid())
    }

    /// Where it is if nobody says where.
    ///
    /// - Parameters:
    ///   - place: where the tree is mounted, as an absolute path without links.
    ///   - user: who serves it.
    static func usualDirectory(at place: String, of user: UInt32) -> String {
        PrivateDirectory.usual(for: user) { user == geteuid() ? Environment[$0] : nil } + "/" + name(of: place)
    }

    /// A directory's name that says where a tree is mounted, and is another for each place.
    private static func name(of path: String) -> String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._".utf8)
        var name = ""
        for byte in path.utf8.drop(while: { $0 == UInt8(ascii: "/") }) {
            if plain.contains(byte) {
                name.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                name += byte == UInt8(ascii: "/") ? "-" : "%" + String(byte, radix: 16)
            }
        }
        guard name.utf8.count > 200 else { return name.isEmpty ? "%" : name }
        // FNV-1a
        let hash = path.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(name.prefix(180)) + "%" + String(hash, radix: 16)
    }

    /// What a machine is booted from, whose file may keep who reads it waiting; nothing is mounted yet.
    private static func read(_ machine: MachineOptions) throws(Failure) -> BootRecord {
        try Background.hearingSignals { () throws(Failure) in try machine.read() }
    }

    private static func open(
        _ directory: PrivateDirectory, _ options: JournalOptions, _ machine: MachineOptions, _ isHandedOver: Bool,
        _ boot: BootRecord?, _ report: JournalText?
    ) throws(Failure) -> MachineJournal {
        if let report { return try copy(report, to: directory, options, machine) }
        func read() throws(Failure) -> BootRecord {
            if let boot { return boot }
            return try isHandedOver || options.again ? machine.read() : Self.read(machine)
        }
        guard hasFile(Journal.name, directory) else { return try begin(directory, options, try read()) }
        let (journal, text) = try resume(directory)
        guard isHandedOver || options.state != nil else {
            // Where nobody gave a directory, what is there is of a machine that is gone.
            setAside(directory)
            Terminal.complain(
                "what was mounted here before ended without being unmounted; to go on with it: "
                    + "hotmem mount --journal \(directory.path)/\(Self.before)", .warning)
            return try begin(directory, options, try read())
        }
        if !isHandedOver, !options.again, machine.isGiven, try !read().boots(sameAs: text.boot) {
            throw .failed(
                "--state \(directory.path): there is the journal of another machine, \(text.boot.name); give another "
                    + "directory, or leave out --machine and --cmdline to go on with that one, or remove \(Journal.name) there"
            )
        }
        return MachineJournal(
            journal: journal, records: text.records, description: try text.boot.describe(), directory: directory,
            isForgotten: options.isForgotten)
    }

    /// What a journal is called that somebody may want yet.
    private static let before = "journal.before"

    private static func hasFile(_ name: String, _ directory: PrivateDirectory) -> Bool {
        faccessat(directory.descriptor, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0
    }

    private static func setAside(_ directory: PrivateDirectory) { try? directory.rename(Journal.name, to: before) }

    private static func resume(_ directory: PrivateDirectory) throws(Failure) -> (journal: Journal, text: JournalText) {
        do throws(PrivateDirectoryError) {
            // Whose they are, and that they are no links to something else.
            for name in Journal.names where hasFile(name, directory) {
                close(try directory.open(name, flags: O_RDONLY))
            }
        } catch { throw .failed("--state: \(error.description)") }
        do throws(Journal.Problem) {
            let (journal, text) = try Journal.resume(in: directory.descriptor)
            if let torn = text.torn {
                Terminal.complain(
                    "\(directory.path): the last record of the journal was cut short (\(torn)) and is dropped", .warning
                )
            }
            return (journal, text)
        } catch { throw failure(error, directory) }
    }

    private static func begin(
        _ directory: PrivateDirectory, _ options: JournalOptions, _ boot: BootRecord, and records: [JournalRecord] = []
    ) throws(Failure) -> MachineJournal {
        let description = try boot.describe()
        do throws(Journal.Problem) {
            let journal = try Journal.begin(in: directory.descriptor, boot: boot, and: records)
            let first = JournalRecord(number: 1, time: journal.lastTime, entry: .boot(boot))
            return MachineJournal(
                journal: journal, records: [first] + records, description: description, directory: directory,
                isForgotten: options.isForgotten)
        } catch { throw failure(error, directory) }
    }

    private static func failure(_ problem: Journal.Problem, _ directory: PrivateDirectory) -> Failure {
        .failed(directory.path + (problem.isBusy ? ": " : "/") + problem.description)
    }

    /// Begins with what another journal holds.
    private static func copy(
        _ text: JournalText, to directory: PrivateDirectory, _ options: JournalOptions, _ machine: MachineOptions
    ) throws(Failure) -> MachineJournal {
        guard !machine.isGiven else {
            throw .usage("--journal says which machine it is: leave out --machine and --cmdline")
        }
        if hasFile(Journal.name, directory) {
            _ = try resume(directory)
            guard options.state == nil else {
                throw .failed("--state \(directory.path): a journal is there already; give an empty directory")
            }
            setAside(directory)
        }
        return try begin(directory, options, text.boot, and: Array(text.records.dropFirst()))
    }

    /// The tree is going to be mounted anew: what was recorded of another mount is not of this one.
    func noteMounting() throws(Failure) {
        guard records.contains(where: { if case .connection = $0.entry { true } else { false } }) else { return }
        do throws(Refusal) { try journal.append(.connection(request: [])) } catch { throw .failed(error.reason) }
    }

    /// The tree is unmounted, and nobody wants to go on.
    func end() { ending.remove() }

    /// What takes the journal away where nobody wants to go on with it; it does not hold it.
    struct Ending: Sendable {
        fileprivate let directory: PrivateDirectory
        fileprivate let isForgotten: Bool

        func remove() { if isForgotten { Journal.remove(from: directory.descriptor, at: directory.path) } }
    }

    var ending: Ending { Ending(directory: directory, isForgotten: isForgotten) }
}
