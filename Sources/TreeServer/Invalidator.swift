// SPDX-License-Identifier: Apache-2.0

import DequeModule
import FuseBridge

/// Makes the kernel forget what it holds, one thing after the other, through a process of its own: the kernel may wait for
/// requests to be answered first, which the serving thread does meanwhile. Used on that thread alone.
final class Invalidator {
    /// How many things have to be forgotten until a batch is.
    typealias Batch = UInt64

    /// So many things are with the messenger at once: what it has cannot be taken back.
    private static let atOnce = 64

    private let session: FuseSession
    private var messenger: Messenger
    private var line: Messenger.Line
    /// What is not forgotten yet; the first of them are with the messenger.
    private var queue: Deque<Invalidation> = []
    /// Since when the first of them is.
    private var since: UInt64 = 0
    private var submitted: Batch = 0
    private var done: Batch = 0
    /// How often in a row the messenger was found waiting for the first of them.
    private var looks = 0
    /// So often it has to be, for the kernel makes it wait for a moment at other things, too.
    private static let sure = 2
    /// How long it takes to be sure where nothing is known of the messenger, in nanoseconds.
    private static let patience: UInt64 = 200_000_000

    /// Has a line of its own to the kernel; nil where that is not to be had.
    init?(_ session: FuseSession, _ messenger: Messenger) {
        guard let line = messenger.line(for: session) else { return nil }
        (self.session, self.messenger, self.line) = (session, messenger, line)
    }

    /// Has a batch forgotten after all before it; the session is woken then.
    func submit(_ batch: [Invalidation]) -> Batch {
        submitted += Batch(batch.count)
        if queue.isEmpty { since = FuseSession.now }
        queue += batch
        send()
        return submitted
    }

    /// How many things are forgotten.
    var finished: Batch {
        let taken = min(line.taken(), queue.count)
        // Somebody killed who was to tell: another does, from where it was.
        if line.isBroken, let other = newLine() { line = other }
        guard taken > 0 else {
            send()
            return done
        }
        queue.removeFirst(taken)
        done += Batch(taken)
        since = FuseSession.now
        looks = 0
        send()
        return done
    }

    /// Another line, through another messenger if that one is gone.
    private func newLine() -> Messenger.Line? {
        if let line = messenger.line(for: session) { return line }
        guard let other = Messenger() else { return nil }
        messenger = other
        return other.line(for: session)
    }

    private func send() {
        guard line.underway == 0, !queue.isEmpty else { return }
        line.tell(queue.prefix(Self.atOnce))
    }

    /// Whether a batch is forgotten.
    func isDone(_ batch: Batch) -> Bool { finished >= batch }

    /// Passes over the contents of a file that somebody waits for whose answer is due here.
    ///
    /// The kernel locks a page for as long as it is read, and written if it holds nothing yet. So there is nothing in it
    /// to be forgotten, and whoever reads it next asks; but the messenger waits, and the answer may wait for it. A page that
    /// holds something is not locked, and the messenger has only not come to it: then nothing is passed over.
    ///
    /// - Parameters:
    ///   - time: for how long it must have been at it.
    ///   - isAwaited: whether somebody waits to read or write a file.
    func passOver(after time: UInt64, where isAwaited: (UInt64) -> Bool) {
        guard finished < submitted, FuseSession.now - since >= time, case .contents(let inode)? = queue.first,
            isAwaited(inode), line.isKeptWaiting ?? (FuseSession.now - since >= Self.patience)
        else {
            looks = 0
            return
        }
        looks += 1
        guard looks >= Self.sure, let other = newLine() else { return }
        looks = 0
        // Who is at it goes on when the kernel lets it, with what it has; that is forgotten twice then.
        line = other
        queue.removeFirst()
        done += 1
        since = FuseSession.now
        send()
    }
}
