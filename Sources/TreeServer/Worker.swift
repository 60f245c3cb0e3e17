// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// A thread that does what it is given, in order, and sleeps meanwhile.
///
/// @unchecked Sendable: the semaphore is made for threads and never replaced; all else is locked or constant.
final class Worker<Job: Sendable>: @unchecked Sendable {
    private let waiting = Mutex<(jobs: [Job], isEnding: Bool)>(([], false))
    private let semaphore: UnsafeMutablePointer<sem_t>
    private let work: @Sendable (Job) -> Void
    private let isStarted = Atomic<Bool>(false)

    /// A worker whose thread starts with the first job, and ends with ``end()``.
    init(_ work: @escaping @Sendable (Job) -> Void) {
        self.work = work
        semaphore = .allocate(capacity: 1)
        sem_init(semaphore, 0, 0)
    }

    /// Where no thread is to be had, the job waits for the next one that comes.
    private func start() {
        guard !isStarted.load(ordering: .acquiring) else { return }
        let box = Unmanaged.passRetained(Body { [self] in run() })
        var thread = pthread_t()
        let error = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        guard error == 0 else {
            box.release()
            return
        }
        isStarted.store(true, ordering: .releasing)
        pthread_detach(thread)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// Leaves a job to the thread; from one thread only.
    func submit(_ job: Job) {
        waiting.withLock { $0.jobs.append(job) }
        sem_post(semaphore)
        start()
    }

    /// Lets the thread end after the job it is at.
    func end() {
        waiting.withLock { $0.isEnding = true }
        sem_post(semaphore)
    }

    private func run() {
        while true {
            while sem_wait(semaphore) != 0 {}
            let (job, isEnding) = waiting.withLock { waiting in
                (waiting.jobs.isEmpty ? nil : waiting.jobs.removeFirst(), waiting.isEnding)
            }
            if isEnding { return }
            if let job { work(job) }
        }
    }
}

/// What a thread runs; it cannot be given a generic class.
private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
