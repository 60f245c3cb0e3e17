// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// An open file: what one descriptor has read so far (spec 1.3; fs/kernfs/file.c, fs/seq_file.c).
struct OpenFile {
    let inode: Inode
    /// The text the first read made; later reads return the rest of it.
    private var text: [UInt8] = []
    /// Where the last read ended; nil before the first.
    private var position: Int?
    /// Of `events`: where ``text`` begins, the number of the last event in it, and that of the last there was when reading
    /// began.
    private var textStart = 0
    private var event: UInt64 = 0
    private var lastEvent: UInt64 = 0
    /// Where texts before this one began, and after which event.
    private var marks: [(offset: Int, event: UInt64)] = []
    /// Whether it follows what happens.
    let follows: Bool

    init(_ inode: Inode, follows: Bool = false) { (self.inode, self.follows) = (inode, follows) }

    /// One whose text was made in another process.
    init(_ inode: Inode, partlyRead text: [UInt8]) {
        self.init(inode)
        (self.text, isAdopted) = (text, true)
    }

    /// Whether its text was made by another process, and the next read goes on in it wherever that ended.
    private var isAdopted = false

    /// Whether more of its text is to be read.
    var isPartlyRead: Bool { !follows && textStart == 0 && (position ?? 0) > 0 && (position ?? 0) < text.count }

    /// The text of which somebody has read a part, and will read the rest.
    var owedText: [UInt8]? { isAdopted || isPartlyRead ? text : nil }

    /// Whether it has been read: until then, poll shows an event.
    var hasBeenRead: Bool { position != nil }

    /// Whether a read at an offset has to wait until a lock is free.
    func mustWait(at offset: Int, for machine: Machine) -> Bool {
        guard offset == 0 || offset != position && !isAdopted else { return false }
        return Tree.row(inode)?.isLocked?(machine, inode.key) ?? false
    }

    /// Bytes at an offset. A read at 0, or where the last one did not end, makes the text anew.
    mutating func read(
        at offset: Int, into buffer: UnsafeMutableRawBufferPointer, making wholeText: () throws(Refusal) -> [UInt8]
    ) throws(Refusal) -> Int {
        if offset == 0 || offset != position && !isAdopted { text = try wholeText() }
        isAdopted = false
        guard offset < text.count else {
            position = offset
            return 0
        }
        let count = min(buffer.count, text.count - offset)
        text.withUnsafeBytes { bytes in
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
        }
        position = offset + count
        return count
    }

    /// Events so far, as they are when the file is read from its start. Lines are made as they are read; where a reader
    /// has been before, they are made anew from the nearest mark.
    mutating func readEvents(
        at offset: Int, into buffer: UnsafeMutableRawBufferPointer, from source: any EventSource
    ) -> Int {
        if offset == 0 || position == nil {
            (text, textStart, event, lastEvent) = ([], 0, 0, source.last)
            marks = []
        } else if offset < textStart, let mark = marks.last(where: { $0.offset <= offset }) {
            (text, textStart, event) = ([], mark.offset, mark.event)
        }
        while offset >= textStart + text.count, event < lastEvent {
            textStart += text.count
            if textStart > marks.last?.offset ?? -1 { marks.append((textStart, event)) }
            (text, event) = source.lines(after: event)
        }
        position = offset
        guard offset < textStart + text.count else { return 0 }
        let part = text[(offset - textStart)...].prefix(buffer.count)
        part.withUnsafeBytes { buffer.copyMemory(from: $0) }
        position = offset + part.count
        return part.count
    }

    /// All events so far.
    static func allEvents(from source: any EventSource) -> [UInt8] {
        var (text, event): ([UInt8], UInt64) = ([], 0)
        while event < source.last {
            let (more, last) = source.lines(after: event)
            text += more
            event = last
        }
        return text
    }

    /// Whether who follows has read all events there are.
    func hasReadAll(from source: any EventSource) -> Bool { text.isEmpty && event == source.last }

    /// Passes over what was read before, of events from the oldest that are kept.
    mutating func skip(_ count: Int, from source: any EventSource) {
        var left = count
        while left > 0, event < source.last {
            (text, event) = source.lines(after: event)
            let passed = min(left, text.count)
            text.removeFirst(passed)
            left -= passed
        }
    }

    /// The next events; nothing where there are none yet. Offsets mean nothing in a stream.
    mutating func readMoreEvents(
        into buffer: UnsafeMutableRawBufferPointer, from source: any EventSource
    ) -> Int {
        // Events that are told in no line are passed over.
        while text.isEmpty, event < source.last { (text, event) = source.lines(after: event) }
        let count = min(buffer.count, text.count)
        text.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
        text.removeFirst(count)
        return count
    }
}
