// SPDX-License-Identifier: Apache-2.0

import FuseBridge
import Journal
import MemoryModel
import SysfsTree

/// What a process does that goes on for one that is gone, before it serves.
extension TreeFileSystem {
    /// A write that is replayed came with a request, which the kernel may send again.
    func note(_ result: Result<TreeSession.WriteResult, Refusal>, of request: UInt64) {
        earlier.note(request, result)
    }

    /// Requests have other numbers from now on: the tree was mounted anew.
    func forgetEarlierRequests() { earlier = EarlierRequests() }

    /// Another process gave out what there is, and is gone: what changes from now on is to be forgotten.
    func assumeAllKept() {
        kept = Kept(of: session.machine, texts: caching == .cached)
        kept.noteAll(of: session.machine) { (try? session.entries(of: $0)) ?? [] }
    }

    /// An input will be replayed whose consequences nobody has done yet.
    func noteCatchingUp(with input: Input) {
        guard case .write(let file, let text) = input, let inode = session.inode(at: file) else { return }
        settling.forget(kept.forget(written: inode, count: text.utf8.count))
    }

    /// An input was replayed, of a record with a number.
    func settle(upTo number: UInt64) {
        forgetEvents()
        lastMarked = number
        settling.afterwards { [journal] in journal?.followed(number) }
        settling.settle()
    }

    /// All is replayed.
    func settle() { afterCommands() }
}
