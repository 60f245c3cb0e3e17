// SPDX-License-Identifier: Apache-2.0

/// Something that goes wrong on demand: what, where and when.
public struct Fault: Hashable, Sendable, Codable {
    /// What it is cleared by.
    public let name: String
    /// What goes wrong.
    public let kind: FaultKind
    /// What a refused on- or offlining fails with.
    public let errno: Errno?
    /// Microseconds: what each page takes, how long a uevent is held at most, or for how long a page stays.
    public let time: UInt64?
    /// How many uevents a burst has.
    public let uevents: UInt64?
    /// How often it strikes at most.
    public let next: UInt64?
    /// Of so many times it could strike, it strikes once.
    public let every: UInt64?
    /// Which of ``every`` times that is: drawn from this; without it, the last.
    public private(set) var seed: UInt64?
    /// Only these blocks, or uevents of these.
    public let blocks: ClosedRange<BlockID>?
    /// Only blocks on this node.
    public let node: NodeID?
    /// Only uevents of this subsystem.
    public let subsystem: String?
    /// Only uevents with this action.
    public let action: UeventAction?

    /// So many uevents a burst may have; sending them takes a second.
    public static let mostUevents: UInt64 = 100_000
    /// A listener's buffer, as it is by default, holds some hundreds of messages.
    static let usualUevents: UInt64 = 5000
    /// How long a uevent waits for the next one, in microseconds, if nothing else is said.
    static let usualWait: UInt64 = 1_000_000
    /// So long a name may be.
    static let longestName = 80
    /// No fault takes longer, in microseconds.
    public static let longest: UInt64 = 3_600_000_000

    /// Makes a fault of the words that describe it.
    ///
    /// - Throws: what is wrong with them.
    public init(_ words: [FaultKey: String]) throws(FaultProblem) {
        guard let word = words[.kind] else { throw FaultProblem(.kind, "is needed") }
        guard let kind = FaultKind(rawValue: word) else {
            let known = FaultKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw FaultProblem(.kind, "is unknown: known are \(known)")
        }
        let taken: [FaultKey] = [.name, .kind, .next, .every, .seed] + kind.keys
        for key in FaultKey.allCases where words[key] != nil && !taken.contains(key) {
            throw FaultProblem(key, "is nothing that a fault of kind \(kind.rawValue) has")
        }
        self.kind = kind
        name = words[.name] ?? kind.rawValue
        guard name.isName, name.unicodeScalars.count <= Self.longestName else {
            throw FaultProblem(.name, "is one word of at most \(Self.longestName) characters without = and \"")
        }
        let usualErrno: Errno? = kind == .offline ? .busy : kind == .online ? .noMemory : nil
        errno = try Self.errno(words[.errno]) ?? usualErrno
        time = try Self.time(words[.time], of: kind)
        uevents = try Self.number(.uevents, words, 1...Self.mostUevents) ?? (kind == .flood ? Self.usualUevents : nil)
        every = try Self.number(.every, words, 1...UInt64.max)
        next = try Self.number(.next, words, 1...UInt64.max) ?? (every == nil ? 1 : nil)
        seed = try Self.number(.seed, words, 0...UInt64.max)
        guard seed == nil || every != nil else { throw FaultProblem(.seed, "goes with every=") }
        blocks = try Self.blocks(words[.block])
        node = try Self.number(.node, words, 0...1023).map { NodeID(Int($0)) }
        subsystem = try Self.subsystem(words[.subsystem])
        guard blocks == nil || subsystem == nil || subsystem == "memory" else {
            throw FaultProblem(.subsystem, "of uevents of memory blocks is memory")
        }
        action = try Self.action(words[.action])
    }

    /// The words that describe it, with what was not said as it is.
    public var words: [(key: FaultKey, value: String)] {
        let all: [(FaultKey, String?)] = [
            (.name, name), (.kind, kind.rawValue), (.errno, errno?.name), (.time, time.map(Self.text)),
            (.uevents, uevents.map { "\($0)" }), (.next, next.map { "\($0)" }), (.every, every.map { "\($0)" }),
            (.seed, seed.map { "\($0)" }),
            (
                .block,
                blocks.map { blocks in
                    let (first, last) = (blocks.lowerBound.rawValue, blocks.upperBound.rawValue)
                    return first == last ? "\(first)" : "\(first)-\(last)"
                }
            ),
            (.node, node.map { "\($0.rawValue)" }), (.subsystem, subsystem), (.action, action?.rawValue),
        ]
        return all.compactMap { key, value in value.map { (key, $0) } }
    }

    /// Its time in words, such as 10ms.
    public var timeText: String { Self.text(time ?? 0) }

    /// With a seed, if which of several times it strikes at is open.
    func seeded(_ seed: UInt64?) -> Fault {
        guard every != nil, self.seed == nil, let seed else { return self }
        var fault = self
        fault.seed = seed
        return fault
    }

    /// The same in milliseconds, rounded up.
    var milliseconds: UInt64 { ((time ?? 0) + 999) / 1000 }

    /// Whether it strikes, of all the times that it could, at one of them, counted from 0.
    ///
    /// Each `every` times are a group of their own, of which it strikes once. So what looks random keeps the rate, and
    /// is known from the number alone.
    func strikes(at time: UInt64) -> Bool {
        guard let every else { return true }
        guard let seed else { return time % every == every - 1 }
        var random = SplitMix(seed: seed ^ (time / every &* 0x9e37_79b9_7f4a_7c15))
        return time % every == random.next(below: every)
    }

    // MARK: Words

    private static func errno(_ text: String?) throws(FaultProblem) -> Errno? {
        guard let text else { return nil }
        if let errno = Errno(named: text) { return errno }
        // What is above is the kernel's own, and never reaches a writer.
        guard let number = Int32(text), (1...511).contains(number) else {
            throw FaultProblem(.errno, "is a name such as EBUSY, or a number from 1 to 511")
        }
        return Errno(rawValue: number)
    }

    private static func time(_ text: String?, of kind: FaultKind) throws(FaultProblem) -> UInt64? {
        guard let text else {
            if kind == .reorder { return usualWait }
            guard kind != .slow, kind != .delay else {
                throw FaultProblem(.time, "is needed for a fault of kind \(kind.rawValue)")
            }
            return nil
        }
        guard let time = microseconds(text) else {
            throw FaultProblem(.time, "is a time such as 250us, 10ms or 2s, an hour at most")
        }
        return time
    }

    /// A time such as 250us, 10ms or 2s, an hour at most; nil for what is none.
    static func microseconds(_ text: String) -> UInt64? {
        for (unit, factor) in [("us", 1), ("ms", 1000), ("s", 1_000_000)] as [(String, UInt64)]
        where text.hasSuffix(unit) {
            guard let number = UInt64(text.dropLast(unit.count)), number > 0, number <= longest / factor else {
                continue
            }
            return number * factor
        }
        return nil
    }

    static func text(_ microseconds: UInt64) -> String {
        if microseconds.isMultiple(of: 1_000_000) { return "\(microseconds / 1_000_000)s" }
        return microseconds.isMultiple(of: 1000) ? "\(microseconds / 1000)ms" : "\(microseconds)us"
    }

    private static func number(
        _ key: FaultKey, _ words: [FaultKey: String], _ possible: ClosedRange<UInt64>
    ) throws(FaultProblem) -> UInt64? {
        guard let text = words[key] else { return nil }
        guard let number = UInt64(text), possible.contains(number) else {
            let most = possible.upperBound == .max ? "" : " to \(possible.upperBound)"
            throw FaultProblem(key, "is a number from \(possible.lowerBound)\(most)")
        }
        return number
    }

    private static func blocks(_ text: String?) throws(FaultProblem) -> ClosedRange<BlockID>? {
        guard let text else { return nil }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt32($0) }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last else {
            throw FaultProblem(.block, "is a block's number, or a range such as 40-47")
        }
        return BlockID(first)...BlockID(last)
    }

    private static func action(_ text: String?) throws(FaultProblem) -> UeventAction? {
        guard let text else { return nil }
        guard let action = UeventAction(rawValue: text) else {
            let known = UeventAction.allCases.map(\.rawValue).joined(separator: ", ")
            throw FaultProblem(.action, "is unknown: known are \(known)")
        }
        return action
    }

    private static func subsystem(_ text: String?) throws(FaultProblem) -> String? {
        guard let text else { return nil }
        guard KernelObject.subsystems.contains(text) else {
            throw FaultProblem(.subsystem, "is unknown: known are \(KernelObject.subsystems.joined(separator: ", "))")
        }
        return text
    }
}
