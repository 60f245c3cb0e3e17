// SPDX-License-Identifier: Apache-2.0

import Transcripts

/// A kernel that has booted and answers.
protocol LiveKernel: AnyObject {
    /// What it calls itself, as in "Linux 6.1.192 x86_64".
    var name: String { get }
    /// Does an operation on its files, or waits; answers as transcripts have it.
    func answer(to operation: Operation) throws(KernelFailure) -> [String: JSON]
    /// Plugs a memory device, and returns when the kernel has told the firmware what came of it.
    func plug(id: String, bytes: UInt64, node: Int) throws(KernelFailure)
    /// Asks for a memory device to be removed, and returns when it is gone or the kernel has refused.
    func unplug(id: String) throws(KernelFailure)
    /// Ends it.
    func end()
}

extension LiveKernel {
    /// Whether it has a file.
    func has(_ path: String) throws(KernelFailure) -> Bool {
        try answer(to: .status(path: path))["errno"] == .number(0)
    }
}

/// Why a kernel cannot be asked (any more): nothing that it answered.
struct KernelFailure: Error, CustomStringConvertible {
    let description: String
    /// Whether another try may go better: it hung, or died.
    var isWorthAnotherTry = true
    /// All that the kernel logged, if it was there to log.
    var log: String?
    /// What had been done by then, what it did not answer last.
    var operations: [Operation] = []
}
