// SPDX-License-Identifier: Apache-2.0

import MachineFile
import MemoryModel
import Transcripts

/// Kernels to ask, each as it is after booting, and the simulated machine that is to be like them.
struct Subject {
    /// The machine file's name, as transcripts have it.
    let name: String
    let commandLine: String
    /// The machine; its command line is the recording's.
    let machine: MachineDescription
    /// Boots a kernel on hardware of that kind.
    let boot: () throws(KernelFailure) -> any LiveKernel
    /// Says whether more kernels will be wanted soon.
    let expectMore: (Bool) -> Void

    init(
        name: String, commandLine: String, machine: MachineDescription, expectMore: @escaping (Bool) -> Void = { _ in },
        boot: @escaping () throws(KernelFailure) -> any LiveKernel
    ) {
        (self.name, self.commandLine, self.boot, self.expectMore) = (name, commandLine, boot, expectMore)
        var machine = machine
        machine.commandLine = commandLine
        self.machine = machine
    }

    /// Does something with a kernel that has just booted; once more with another, if the first hangs or dies.
    func withKernel<Result>(
        _ notice: (String) -> Void, _ body: (any LiveKernel) throws(KernelFailure) -> Result
    ) throws(KernelFailure) -> Result {
        do {
            return try withKernel(body)
        } catch  where error.isWorthAnotherTry {
            notice("\(error); once more, with a new virtual machine")
            return try withKernel(body)
        }
    }

    private func withKernel<Result>(
        _ body: (any LiveKernel) throws(KernelFailure) -> Result
    ) throws(KernelFailure) -> Result {
        let kernel = try boot()
        defer { kernel.end() }
        return try body(kernel)
    }
}

/// What a live kernel answered, and what the simulated machine answers differently.
struct Recording {
    /// An operation that was answered differently.
    struct Finding: CustomStringConvertible {
        /// Which of the steps.
        let step: Int
        let operation: Operation
        let differences: [Difference]

        var description: String {
            differences.map { "\(operation): \($0)" }.joined(separator: "\n")
        }
    }

    private(set) var kernel: String
    private(set) var steps: [Transcript.Step] = []
    private(set) var findings: [Finding] = []

    /// Begins with a kernel that has just booted.
    private init(_ kernel: any LiveKernel) { self.kernel = kernel.name }

    /// Asks a kernel for operations.
    ///
    /// - Parameters:
    ///   - next: the next operation, if there is one, for the machines as they are by then.
    ///   - stopsAtFinding: whether to stop at the first difference.
    init(
        _ kernel: any LiveKernel, _ machine: MachineDescription, stopsAtFinding: Bool,
        next: (Recorder) throws(KernelFailure) -> Operation?
    ) throws(KernelFailure) {
        self.init(kernel)
        var recorder = Recorder(kernel, Machine(booting: machine))
        defer { steps = recorder.steps }
        while let operation = try next(recorder) {
            let differences: [Difference]
            do { differences = try recorder.perform(operation) } catch {
                var failure = error
                failure.operations = recorder.steps.map(\.operation) + [operation]
                throw failure
            }
            if differences.isEmpty { continue }
            findings.append(Finding(step: recorder.steps.count - 1, operation: operation, differences: differences))
            if stopsAtFinding { return }
        }
    }

    /// Asks a kernel for operations that are known.
    init(
        _ kernel: any LiveKernel, _ machine: MachineDescription, _ operations: [Operation], stopsAtFinding: Bool = false
    ) throws(KernelFailure) {
        var rest = operations[...]
        try self.init(kernel, machine, stopsAtFinding: stopsAtFinding) { _ in rest.popFirst() }
    }

    /// The transcript of it.
    func transcript(name: String, of subject: Subject) -> Transcript {
        Transcript(
            name: name, machine: subject.name, commandLine: subject.commandLine, kernel: kernel, steps: steps)
    }
}
