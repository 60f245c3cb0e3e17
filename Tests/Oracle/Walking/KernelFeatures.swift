// SPDX-License-Identifier: Apache-2.0

import Transcripts

/// Files that not every kernel is made with.
struct KernelFeatures: Hashable {
    var hasProbe = false
    var hasMemoryFailure = false
    var hasErrorInjection = false

    static let probe = "/sys/devices/system/memory/probe"
    static let softOffline = "/sys/devices/system/memory/soft_offline_page"
    static let hardOffline = "/sys/devices/system/memory/hard_offline_page"
    static let injection = "/sys/kernel/debug/notifier-error-inject/memory/actions"

    /// Looks for them.
    init(of kernel: any LiveKernel) throws(KernelFailure) {
        hasProbe = try kernel.has(Self.probe)
        hasMemoryFailure = try kernel.has(Self.softOffline)
        hasErrorInjection = try kernel.has(Self.injection)
    }

    init(hasProbe: Bool, hasMemoryFailure: Bool, hasErrorInjection: Bool) {
        (self.hasProbe, self.hasMemoryFailure) = (hasProbe, hasMemoryFailure)
        self.hasErrorInjection = hasErrorInjection
    }

    /// What a kernel lacks that an operation needs, if anything.
    func missing(for operation: Operation) -> String? {
        let path: String
        switch operation {
        case .write(let name, _, _), .read(let name), .list(let name), .status(let name), .link(let name): path = name
        default: return nil
        }
        if !hasProbe, path == Self.probe { return path }
        if !hasMemoryFailure, path == Self.softOffline || path == Self.hardOffline { return path }
        if !hasErrorInjection, path.hasPrefix(Self.injection) { return Self.injection }
        return nil
    }
}
