// SPDX-License-Identifier: Apache-2.0

import Foundation
import MachineFile
import MemoryModel
import SysfsTree
import TestSupport

/// A walk: changes made to a mounted tree one after the other, and everything in it looked at by two other processes after each, of
/// which one opens everything anew, and the other keeps what it has open.
final class StaleWalk {
    private let reference: ReferenceTree
    private let writer: MountedWriter
    private let referenceWriter: ReferenceWriter
    private let fresh: TreeReader
    private let keeper: TreeReader
    private var changes: RandomChanges
    /// What was done so far, and what came of it.
    private(set) var steps: [String] = []
    private(set) var entries = 0
    private(set) var waits = 0
    private let mode: CacheMode

    /// How often the second reader opens everything anew.
    private static let keeping = 8

    init(_ machine: Machine, at place: String, in scratch: Scratch, mode: CacheMode, seed: UInt64) throws {
        let candidates = Self.candidates(of: machine)
        self.mode = mode
        reference = ReferenceTree(machine, candidates: candidates, mode: mode)
        writer = MountedWriter(place)
        referenceWriter = ReferenceWriter(reference)
        fresh = try TreeReader(of: place, in: scratch, name: "fresh")
        keeper = try TreeReader(of: place, in: scratch, name: "keeper")
        changes = RandomChanges(seed: seed)
        _ = try fresh.ask(["candidates"] + candidates)
        if mode.keepsContents {
            for reader in [fresh, keeper] { _ = try reader.ask("cached") }
        }
    }

    func end() {
        fresh.end()
        keeper.end()
    }

    /// Names that are looked for before there is anything of them: that they are not there may be kept, too.
    private static func candidates(of machine: Machine) -> [String] {
        let last = Int(machine.blocks.last?.id.rawValue ?? 0)
        let blocks = (0...last + 8).map { "memory\($0)" }
        let system = "/sys/devices/system"
        return blocks.flatMap {
            ["\(system)/memory/\($0)", "\(system)/node/node0/\($0)", "/sys/bus/memory/devices/\($0)"]
        }
            + (0..<3).flatMap { ["\(system)/node/node\($0)", "/sys/bus/node/devices/node\($0)"] }
            + (0..<8).flatMap { ["\(system)/cpu/cpu\($0)", "/sys/devices/LNXSYSTM:00/LNXSYBUS:00/LNXCPU:0\($0)"] }
            + (0..<4).map { "/sys/devices/LNXSYSTM:00/LNXSYBUS:00/PNP0C80:0\($0)/physical_node" }
            + ["ACPI0004:00", "PNP0A05:00", "PNP0A06:00"].map { "\(system)/container/\($0)" }
    }

    /// Takes a number of steps; what was seen that is not so, after the first at which that happened.
    func walk(steps count: Int) throws -> [String] {
        var differences = try look()
        while differences.isEmpty, steps.count < count {
            if steps.count % Self.keeping == 0 {
                differences = differ(reference.keep(), try keeper.ask("keep"), "kept")
            }
            if differences.isEmpty { differences = try step(changes.next(on: reference)) }
        }
        return differences
    }

    /// What differs after a change that the reference does not hear of.
    func hide(_ change: TreeChange) throws -> [String] {
        _ = reference.keep()
        _ = try keeper.ask("keep")
        guard writer.make(change) >= 0 else { return [] }
        return try look()
    }

    /// Takes one step.
    private func step(_ chosen: TreeChange) throws -> [String] {
        var change = chosen
        // Where nobody asks who opens what, a file of which half may not be had opens for both.
        if mode.keepsContents, case .write(let text, .forBoth) = chosen.action { change.action = .write(text, .plain) }
        // Where that waits there has to be somebody who lets it go on.
        let outcome = trial(change)
        if case .waits(nil) = outcome { return [] }
        steps.append("\(change)")
        guard case .waits(let other?) = outcome else {
            let want = referenceWriter.make(change)
            let got = writer.make(change)
            steps[steps.count - 1] += " = \(got)"
            return want == got ? try look() : ["\(change): \(want.map(String.init) ?? "waits"), here \(got)"]
        }
        return try wait(change, for: other)
    }

    /// Makes a change that waits, and then the other that ends that.
    private func wait(_ change: TreeChange, for other: TreeChange) throws -> [String] {
        waits += 1
        guard referenceWriter.make(change) == nil else { return ["\(change) does not wait"] }
        let later = writer.makeLater(change)
        let block = change.directory.split(separator: "/").last.map(String.init) ?? ""
        let isUnderway = Host.comesTrue {
            // The file that is being written may be locked.
            let last = Host.text(writer.root + ReferenceTree.events).split(separator: "\n").last { line in
                line.contains(" state ") && line.contains("block=\(block) ")
            }
            return last?.hasSuffix("state=going-offline") == true
        }
        reference.beingWritten = mode.keepsContents ? change.path : nil
        var differences = isUnderway ? try look() : ["\(change) does not begin"]
        steps.append("\(other)")
        let want = referenceWriter.make(other)
        let got = writer.make(other)
        let (first, second) = (reference.takeAnswer(), later.wait())
        steps[steps.count - 1] += " = \(got), and the one before = \(second)"
        reference.beingWritten = nil
        if want != got || first != second { differences.append("\(want ?? 0), \(first ?? 0), here \(got), \(second)") }
        return try differences + look()
    }

    private enum Outcome {
        case ends
        case waits(TreeChange?)
    }

    /// Whether a change waits, and what would let it go on; tried on copies.
    private func trial(_ change: TreeChange) -> Outcome {
        guard case .write(let text, _) = change.action, let inode = reference.inodes[change.path] else { return .ends }
        let trial = TreeSession(machine: reference.machine)
        guard case .waits = try? trial.write(inode, text) else { return .ends }
        // How long a kernel that gives up has waited is not the same twice.
        guard trial.machine.deadline == nil, change.directory.contains("/memory/memory"),
            let control = reference.inodes[Self.workload]
        else { return .waits(nil) }
        for name in trial.machine.workloadList.map(\.name) {
            for verb in ["unpin", "resume", "free"] {
                let line = "\(verb) name=\(name)\n"
                let second = TreeSession(machine: trial.machine)
                if case .taken = try? second.write(control, line), second.machine.blockGoingOffline == nil {
                    return .waits(TreeChange(path: Self.workload, action: .write(line, .plain)))
                }
            }
        }
        return .waits(nil)
    }

    private static let workload = "/sys/kernel/debug/hotmem/workload"

    /// Looks at everything, with both readers.
    private func look() throws -> [String] {
        // Both read while the reference does.
        let locked = reference.locked
        try fresh.send(["walk"] + locked)
        let want = reference.walk()
        entries += want.count
        let gone = reference.gone
        try keeper.send(["again"] + locked + gone.map(String.init))
        let wantKept = reference.again(statusless: gone)
        return try differ(want, fresh.answer(), "fresh") + differ(wantKept, keeper.answer(), "kept open")
    }

    /// The lines in which an answer is not what it should be.
    private func differ(_ want: [String], _ got: [String], _ reader: String) -> [String] {
        if want == got { return [] }
        let (expected, there) = (Set(want), Set(got))
        let missing = want.filter { !there.contains($0) }.map { "\(reader), should be: \($0)" }
        let wrong = got.filter { !expected.contains($0) }.map { "\(reader), is: \($0)" }
        return missing.isEmpty && wrong.isEmpty ? ["\(reader): another order"] : missing + wrong
    }
}

extension TreeChange {
    /// In which the file is.
    fileprivate var directory: String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "" }
}

extension TreeSession {
    /// Writes a text.
    fileprivate func write(_ inode: Inode, _ text: String) throws(Refusal) -> WriteResult {
        var result: Result<WriteResult, Refusal> = .success(.taken(0))
        Array(text.utf8).withUnsafeBytes { bytes in
            do throws(Refusal) { result = .success(try write(inode, bytes)) } catch { result = .failure(error) }
        }
        return try result.get()
    }
}
