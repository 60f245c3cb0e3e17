// SPDX-License-Identifier: Apache-2.0

import Glibc
import MemoryModel
import SysfsTree

/// Something that is done to a tree.
struct TreeChange: CustomStringConvertible, Sendable {
    enum Action: Sendable {
        /// One write(2).
        case write(String, Way)
        case mode(UInt32)
        case owner(UInt32, UInt32)
        case length(Int)
    }

    /// How a file is opened to be written to.
    enum Way: CaseIterable {
        /// As shells do it.
        case truncating
        /// As chmem and udevd do it.
        case plain
        case forBoth
        /// With a descriptor that was used before, and stands where the last write ended.
        case kept
    }

    let path: String
    var action: Action

    var description: String {
        switch action {
        case .write(let text, let way): "\(text.prefix(80).debugDescription) to \(path), \(way)"
        case .mode(let mode): "chmod \(String(mode, radix: 8)) \(path)"
        case .owner(let user, let group): "chown \(user):\(group) \(path)"
        case .length(let length): "truncate \(path) to \(length)"
        }
    }
}

/// What came of it: 0 or more, or a negative errno.
typealias Answer = Int

/// Who changes a mounted tree.
final class MountedWriter {
    let root: String
    private var kept: [String: Int32] = [:]

    init(_ root: String) { self.root = root }

    deinit { kept.values.forEach { _ = close($0) } }

    func make(_ change: TreeChange) -> Answer {
        let path = root + change.path
        switch change.action {
        case .write(let text, let way): return write(path, Array(text.utf8), way)
        case .mode(let mode): return chmod(path, mode) == 0 ? 0 : -Int(errno)
        case .owner(let user, let group): return lchown(path, user, group) == 0 ? 0 : -Int(errno)
        case .length(let length): return truncate(path, length) == 0 ? 0 : -Int(errno)
        }
    }

    private func write(_ path: String, _ text: [UInt8], _ way: TreeChange.Way) -> Answer {
        let flags: Int32
        switch way {
        case .truncating: flags = O_WRONLY | O_TRUNC
        case .plain, .kept: flags = O_WRONLY
        case .forBoth: flags = O_RDWR
        }
        let old = way == .kept ? kept[path] : nil
        let descriptor = old ?? open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { return -Int(errno) }
        let count = Glibc.write(descriptor, text, text.count)
        let answer = count < 0 ? -Int(errno) : count
        if way == .kept { kept[path] = descriptor } else { close(descriptor) }
        return answer
    }

    /// The same from another thread, because it waits.
    func makeLater(_ change: TreeChange) -> Later { Later { [self] in make(change) } }
}

/// An answer that comes from another thread.
final class Later: @unchecked Sendable {
    // Unchecked: the answer is written before the thread ends and read after it was joined.
    private var thread = pthread_t()
    private var answer: Answer = 0
    private let body: () -> Answer

    fileprivate init(_ body: @escaping () -> Answer) {
        self.body = body
        pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                let later = Unmanaged<Later>.fromOpaque(raw).takeRetainedValue()
                later.answer = later.body()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
    }

    func wait() -> Answer {
        pthread_join(thread, nil)
        return answer
    }
}

/// Who does the same to the reference.
final class ReferenceWriter {
    private let tree: ReferenceTree
    private var kept: [String: Inode] = [:]

    init(_ tree: ReferenceTree) { self.tree = tree }

    /// What came of it; nil if it has to wait.
    func make(_ change: TreeChange) -> Answer? {
        do throws(Refusal) { return try apply(change) } catch { return -Int(error.errno.rawValue) }
    }

    private func apply(_ change: TreeChange) throws(Refusal) -> Answer? {
        guard let inode = tree.inodes[change.path] ?? gone(change) else { return -Int(ENOENT) }
        switch change.action {
        case .write(let text, let way): return try write(text, change.path, inode, way)
        case .mode(let mode):
            _ = try tree.session.change(inode, permissions: mode, user: nil, group: nil, size: nil)
        case .owner(let user, let group):
            _ = try tree.session.change(inode, permissions: nil, user: user, group: group, size: nil)
        case .length(let length):
            _ = try tree.session.change(inode, permissions: nil, user: nil, group: nil, size: Int64(length))
        }
        return 0
    }

    /// What a descriptor was opened of.
    private func gone(_ change: TreeChange) -> Inode? {
        guard case .write(_, .kept) = change.action else { return nil }
        return kept[change.path]
    }

    private func write(
        _ text: String, _ path: String, _ named: Inode, _ way: TreeChange.Way
    ) throws(Refusal) -> Answer? {
        var inode = named
        if way == .kept, let old = kept[path] {
            inode = old
        } else {
            tree.session.close(try tree.session.open(inode, reading: way == .forBoth, writing: true))
        }
        if way == .kept { kept[path] = inode }
        var result: Result<TreeSession.WriteResult, Refusal> = .success(.taken(0))
        Array(text.utf8).withUnsafeBytes { bytes in
            do throws(Refusal) { result = .success(try tree.session.write(inode, bytes)) } catch {
                result = .failure(error)
            }
        }
        if case .taken(let count) = try result.get() { return count }
        return nil
    }
}
