// SPDX-License-Identifier: Apache-2.0

import MemoryModel
import SysfsTree

/// Writes that a process which is gone has done, by the kernel's numbers for them: those whose writers have not heard are
/// sent again, and are not to be done a second time.
struct EarlierRequests {
    /// What a write was answered, or will be.
    enum Answer {
        case waits(TreeSession.PendingWrite)
        case answered(Result<Int, Refusal>)
    }
    private var answers: [UInt64: Answer] = [:]
    /// Requests by the writes that wait.
    private var waiting: [TreeSession.PendingWrite: UInt64] = [:]

    /// A write came with a request.
    mutating func note(_ request: UInt64, _ result: Result<TreeSession.WriteResult, Refusal>) {
        switch result {
        case .success(.taken(let count)): answers[request] = .answered(.success(count))
        case .success(.waits(let write)):
            answers[request] = .waits(write)
            waiting[write] = request
        case .failure(let refusal): answers[request] = .answered(.failure(refusal))
        }
    }

    /// A write that waited has its answer, and nobody to hear it yet.
    mutating func answer(_ write: TreeSession.PendingWrite, _ result: Result<Int, Refusal>) {
        guard let request = waiting.removeValue(forKey: write) else { return }
        answers[request] = .answered(result)
    }

    /// What a request that came again was answered; nil for one that was not done.
    mutating func take(_ request: UInt64) -> Answer? {
        guard let answer = answers.removeValue(forKey: request) else { return nil }
        if case .waits(let write) = answer { waiting[write] = nil }
        return answer
    }
}
