// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import MachineFile
import MemoryModel
import Synchronization
import SysfsTree
import TreeServer

// A tree that is served and used by one process, so that a sanitizer sees both sides: clients that read, write and list, others
// that leave errands, and the server's own threads. usage: served SECONDS

let seconds = CommandLine.arguments.dropFirst().first.flatMap { Double($0) } ?? 5

/// Runs something on a thread of its own.
func start(_ body: @escaping @Sendable () -> Void) -> pthread_t {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(Box(body)).toOpaque()
    let error = pthread_create(
        &thread, nil,
        { argument in
            if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, argument)
    guard error == 0 else { fatalError("no thread: errno \(error)") }
    return thread
}

/// What a file says; nil where it cannot be read.
func read(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
    return count < 0 ? nil : Array(buffer.prefix(count))
}

/// Whether a file took a text.
func write(_ path: String, _ text: String) -> Bool {
    let descriptor = open(path, O_WRONLY)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count
}

func count(in path: String) -> Int {
    guard let directory = opendir(path) else { return 0 }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    return count
}

func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

let machine = try MachineFile.parse("[[memory]]\nfirst = 0\nsize = \"8G\"\n", name: "served")
let (operations, wrong) = (Atomic<Int>(0), Atomic<Int>(0))

func hold(_ caching: Caching, at place: String) throws {
    let logger = Logger(label: "served") { _ in SwiftLogNoOpLogHandler() }
    let server = try MachineServer(
        machine: Machine(booting: machine), owner: (getuid(), getgid()), options: ["fsname=hotmem-served"],
        caching: caching, logger: logger)
    try server.mount(at: place)
    server.preload(at: place)
    let serving = start { _ = server.serve() }
    let memory = place + "/sys/devices/system/memory"
    let end = now() + seconds / 2
    let clients = (0..<8).map { number in
        start {
            let block = "\(memory)/memory\(40 + number)"
            while now() < end {
                for state in ["offline", "online"] {
                    let isRight = write(block + "/state", state) && read(block + "/state") == Array((state + "\n").utf8)
                    if !isRight { wrong.add(1, ordering: .relaxed) }
                    _ = read("\(memory)/memory\((number + 3) % 8 + 40)/valid_zones")
                    _ = write(block + "/state", "nonsense")
                    _ = write(place + "/sys/kernel/debug/hotmem/events", "note \(number)")
                    if number % 4 == 0, count(in: memory) < 64 { wrong.add(1, ordering: .relaxed) }
                    if number % 4 == 1 { _ = read(place + "/sys/kernel/debug/hotmem/events") }
                    operations.add(6, ordering: .relaxed)
                }
            }
        }
    }
    let errands = start {
        while now() < end {
            server.onServingThread { session in _ = session.machine.clock }
            usleep(500)
        }
    }
    for thread in clients + [errands] { pthread_join(thread, nil) }
    server.unmount()
    server.stop()
    pthread_join(serving, nil)
}

var template = Array("/tmp/hotmem-served.XXXXXX".utf8CString)
guard mkdtemp(&template) != nil else { fatalError("no temporary directory") }
let place = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
defer { rmdir(place) }
try hold(.exact, at: place)
try hold(.cached, at: place)
print("\(operations.load(ordering: .relaxed)) operations")
if wrong.load(ordering: .relaxed) > 0 {
    print("\(wrong.load(ordering: .relaxed)) of them wrong")
    exit(1)
}
