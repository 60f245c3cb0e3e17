// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import MemoryModel

/// A journal that is written: every input is in it before it has any effect, and so before whoever made it hears.
///
/// It outlives the process, killed at whatever moment, as what was written is the kernel's; it does not outlive the
/// kernel unless the kernel had time to write it to a disk.
///
/// @unchecked Sendable: it is used on one thread at a time, the one that serves the tree, once there is one.
public final class Journal: @unchecked Sendable {
    /// The file's name in its directory.
    public static let name = "journal"
    private static let followedName = "followed"
    private static let newName = "journal.new"
    /// The files that a journal is gone on with.
    public static let names = [name, followedName]

    private let directory: Int32
    private var file: Int32
    private let followedFile: Int32
    /// Bytes of the file, and of what it began with: a snapshot that nobody can make smaller.
    private var length: Int
    private var lengthOfStart: Int
    /// The number of the latest record.
    public private(set) var last: UInt64
    /// When the latest record was written, in microseconds of the epoch.
    public private(set) var lastTime: UInt64
    /// What the machine was booted from.
    public let boot: BootRecord
    /// Whether the latest record could not be written.
    public private(set) var isFailing = false

    /// Why a journal cannot be had.
    public struct Problem: Error, Sendable, CustomStringConvertible {
        /// What is wrong, and what to do.
        public let description: String
        /// Whether it is another process's.
        public var isBusy = false
    }

    /// Begins a journal, in place of one that may be there; all of it is there, or none.
    ///
    /// - Parameters:
    ///   - directory: an open directory that is nobody else's; it stays the caller's, and is locked while the journal is
    ///     there.
    ///   - records: what another journal held after its first record; their times stay.
    public static func begin(
        in directory: Int32, boot: BootRecord, and records: some Sequence<JournalRecord> = []
    ) throws(Problem) -> Journal {
        try lock(directory)
        do throws(Problem) {
            var last = JournalRecord(number: 1, time: now, entry: .boot(boot))
            var bytes = RecordLine.header + RecordLine.bytes(last)
            for record in records {
                last = JournalRecord(number: last.number + 1, time: record.time, entry: record.entry)
                bytes += RecordLine.bytes(last)
            }
            unlinkat(directory, followedName, 0)
            let file = try create(newName, in: directory, bytes)
            guard renameat(directory, newName, directory, name) == 0 else {
                let reason = text(errno)
                close(file)
                throw Problem(description: "\(name): \(reason)")
            }
            return try Journal(
                directory: directory, file: file, length: bytes.count, start: bytes.count, last: last, boot: boot)
        } catch {
            flock(directory, LOCK_UN)
            throw error
        }
    }

    /// Goes on with the journal of a directory.
    ///
    /// - Returns: the journal, and what is in it.
    /// - Throws: where there is none, it is damaged, or somebody else writes it.
    public static func resume(in directory: Int32) throws(Problem) -> (journal: Journal, text: JournalText) {
        try lock(directory)
        let file = openat(directory, name, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC)
        do throws(Problem) {
            guard file >= 0 else { throw Problem(description: "\(name): \(Self.text(errno))") }
            let text = try parse(try contents(of: file))
            if ftruncate(file, off_t(text.length)) != 0 { throw Problem(description: "\(name): \(Self.text(errno))") }
            guard let last = text.records.last else { preconditionFailure("a journal begins with a record") }
            let start =
                text.records.last { if case .snapshot = $0.entry { true } else { false } } == nil
                ? RecordLine.header.count : text.length
            let journal = try Journal(
                directory: directory, file: file, length: text.length, start: start, last: last, boot: text.boot)
            return (journal, text)
        } catch {
            if file >= 0 { close(file) }
            flock(directory, LOCK_UN)
            throw error
        }
    }

    private static func parse(_ bytes: [UInt8]) throws(Problem) -> JournalText {
        do throws(JournalText.Problem) { return try JournalText(bytes) } catch {
            var advice = ""
            if case .damaged(_, let after, _) = error {
                advice =
                    after > 0
                    ? "; to go on with what is before it: hotmem journal cut --after \(after) DIRECTORY"
                    : "; there is nothing before it to go on with: remove it to boot the machine anew"
            }
            throw Problem(description: "\(name): \(error.reason)\(advice)")
        }
    }

    private init(
        directory: Int32, file: Int32, length: Int, start: Int, last: JournalRecord, boot: BootRecord
    ) throws(Problem) {
        (self.directory, self.file, self.length, lengthOfStart) = (directory, file, length, start)
        (self.last, lastTime, self.boot) = (last.number, last.time, boot)
        followedFile = openat(directory, Self.followedName, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard followedFile >= 0 else { throw Problem(description: "\(Self.followedName): \(Self.text(errno))") }
    }

    deinit {
        close(file)
        close(followedFile)
        flock(directory, LOCK_UN)
    }

    // MARK: Writing

    /// Adds a record.
    ///
    /// - Throws: the errno it could not be written with; the journal is as before.
    public func append(_ entry: JournalEntry) throws(Refusal) {
        let record = JournalRecord(number: last + 1, time: max(Self.now, lastTime), entry: entry)
        let bytes = RecordLine.bytes(record)
        let errno = clinux_write_all(file, bytes, UInt(bytes.count))
        guard errno == 0 else {
            // What of it is there is not to be taken for damage by what follows.
            ftruncate(file, off_t(length))
            isFailing = true
            throw Refusal(Errno(rawValue: errno), "the journal cannot be written: \(Self.text(errno))")
        }
        isFailing = false
        length += bytes.count
        (last, lastTime) = (record.number, record.time)
    }

    /// All that follows from the records up to a number has been done: the kernel has forgotten what it had to, uevents
    /// are sent.
    public func followed(_ number: UInt64) {
        var number = number
        pwrite(followedFile, &number, MemoryLayout<UInt64>.size, 0)
    }

    /// The number of the last record whose consequences are known to have been done; 0 where none are.
    public var lastFollowed: UInt64 {
        var number: UInt64 = 0
        return pread(followedFile, &number, MemoryLayout<UInt64>.size, 0) == MemoryLayout<UInt64>.size ? number : 0
    }

    // MARK: Compaction

    /// How long a journal may be, in bytes, beside what it begins with and as often again.
    private static let roomy = 4 << 20

    /// Whether it has grown so long that a snapshot is worth its while.
    public var isLong: Bool { length > 2 * lengthOfStart + Self.roomy }

    /// Puts others in place of the records that follow the first.
    ///
    /// - Parameter entries: a snapshot of all that came of the records so far, and what has to be known beside it.
    /// - Throws: the errno it could not be written with; the journal is as before.
    public func compact(to entries: [JournalEntry]) throws(Refusal) {
        var bytes = RecordLine.header
        var number = last
        for entry in [.boot(boot)] + entries {
            number += 1
            bytes += RecordLine.bytes(JournalRecord(number: number, time: lastTime, entry: entry))
        }
        do throws(Problem) {
            let new = try Self.create(Self.newName, in: directory, bytes)
            // Before, for all that is in the old one has followed, too.
            followed(number)
            guard renameat(directory, Self.newName, directory, Self.name) == 0 else {
                let reason = Self.text(errno)
                close(new)
                throw Problem(description: reason)
            }
            close(file)
            (file, length, lengthOfStart, last) = (new, bytes.count, bytes.count, number)
        } catch {
            unlinkat(directory, Self.newName, 0)
            // It is tried again when it has grown by as much again.
            lengthOfStart = length
            throw Refusal(.noRoom, "the journal cannot be made shorter: \(error.description)")
        }
    }

    /// Takes the journal of a directory away, and the directory if nothing else is in it.
    public static func remove(from directory: Int32, at path: String) {
        for name in [name, newName, followedName] { unlinkat(directory, name, 0) }
        rmdir(path)
    }

    // MARK: Files

    /// Makes a file with something in it that is ours alone.
    private static func create(_ name: String, in directory: Int32, _ bytes: [UInt8]) throws(Problem) -> Int32 {
        unlinkat(directory, name, 0)
        let file = openat(directory, name, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Problem(description: "\(name): \(text(errno))") }
        let errno = clinux_write_all(file, bytes, UInt(bytes.count))
        guard errno == 0 else {
            close(file)
            unlinkat(directory, name, 0)
            throw Problem(description: "\(name): \(text(errno))")
        }
        return file
    }

    /// One process at a time has a directory's journal.
    private static func lock(_ directory: Int32) throws(Problem) {
        guard flock(directory, LOCK_EX | LOCK_NB) == 0 else {
            let isBusy = errno == EWOULDBLOCK
            throw Problem(
                description: isBusy ? "another hotmem serves the machine of this journal" : "\(name): \(text(errno))",
                isBusy: isBusy)
        }
    }

    /// The longest journal that is read, in bytes.
    private static let longest = 1 << 30

    /// All of an open file.
    ///
    /// - Throws: for one that cannot be read, or is longer than a journal may be.
    public static func contents(of file: Int32) throws(Problem) -> [UInt8] {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = part.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Problem(description: text(errno)) }
            if count == 0 { return bytes }
            bytes += part[..<count]
            guard bytes.count <= longest else { throw Problem(description: "larger than 1 GiB; is it a journal?") }
        }
    }

    private static func text(_ errno: Int32) -> String { String(cString: strerror(errno)) }

    /// The time, in microseconds of the epoch.
    private static var now: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return UInt64(now.tv_sec) * 1_000_000 + UInt64(now.tv_nsec) / 1000
    }
}
