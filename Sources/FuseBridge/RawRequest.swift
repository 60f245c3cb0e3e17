// SPDX-License-Identifier: Apache-2.0
import CFuse3

/// What libfuse does not say of a request: its number, and whether it comes again. Taken from the bytes the kernel sent
/// (linux/fuse.h: struct fuse_in_header, struct fuse_poll_in).
struct RawRequest {
    static let none = RawRequest(number: 0, isRepeated: false, isNew: false, pollHandle: 0, process: 0)

    /// The kernel's number for it; never twice on a connection.
    let number: UInt64
    /// Whether another process had it, and was gone before it answered.
    let isRepeated: Bool
    /// Whether it is the first time that anybody has it, and those that come again have come.
    let isNew: Bool

    /// Of poll(2): what the kernel knows the open file by.
    let pollHandle: UInt64

    /// The process that asks, as the mount's pid namespace counts; 0 for one that has no number there, and for the kernel.
    let process: Int32

    /// The bit of the number that says so (FUSE_UNIQUE_RESEND, Linux 6.9).
    private static let repeated: UInt64 = 1 << 63

    /// What has queues of its own in the kernel: FUSE_FORGET, FUSE_INTERRUPT and FUSE_BATCH_FORGET.
    private static let overtaking: Set<UInt32> = [2, 36, 42]

    private init(number: UInt64, isRepeated: Bool, isNew: Bool, pollHandle: UInt64, process: Int32) {
        (self.number, self.isRepeated, self.isNew, self.pollHandle) = (number, isRepeated, isNew, pollHandle)
        self.process = process
    }

    init(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 16 else {
            self = .none
            return
        }
        let unique = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        // FUSE_POLL; its arguments begin with the file's handle and this one.
        let isPoll = Self.kind(bytes) == 40 && bytes.count >= 56
        self.init(
            number: unique & ~Self.repeated, isRepeated: unique & Self.repeated != 0,
            isNew: unique & Self.repeated == 0 && !Self.overtaking.contains(Self.kind(bytes)),
            pollHandle: isPoll ? bytes.loadUnaligned(fromByteOffset: 48, as: UInt64.self) : 0,
            process: bytes.count >= 36 ? bytes.loadUnaligned(fromByteOffset: 32, as: Int32.self) : 0)
    }

    /// Whether a request is the first of a connection, with which it is negotiated.
    static func isInit(_ bytes: UnsafeRawBufferPointer) -> Bool { kind(bytes) == 26 }

    private static func kind(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        bytes.count >= 8 ? bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self) : 0
    }
}
