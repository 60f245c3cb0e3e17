// SPDX-License-Identifier: Apache-2.0

/// How the command ended.
public enum ExitStatus: Sendable, Equatable {
    /// It exited with this code.
    case exited(Int32)
    /// This signal ended it.
    case signalled(Int32)

    /// Decodes a wait status as wait(2) fills it in.
    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7f
        self = signal == 0 ? .exited((waitStatus >> 8) & 0xff) : .signalled(signal)
    }
}
