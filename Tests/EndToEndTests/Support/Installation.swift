// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// The program under test, the scripts, and sources to be compiled, copied to where every user can read them.
struct Installation {
    /// In which `hotmem`, `Scripts` and `Static` lie.
    let directory: String

    static let shared = Result { try Installation() }

    var hotmem: String { directory + "/hotmem" }

    func script(_ name: String) -> String { "\(directory)/Scripts/\(name)" }

    private init() throws {
        let binary = try Self.binary()
        directory = SharedDirectory.directory("program")
        chmod(directory, 0o755)
        let files = FileManager.default
        try ProgramFile.copy(binary, to: directory + "/hotmem")
        for folder in ["Scripts", "Static"] {
            try files.copyItem(atPath: "\(Bundle.module.bundlePath)/\(folder)", toPath: "\(directory)/\(folder)")
        }
        atexit {
            if case .success(let installation) = Installation.shared {
                try? FileManager.default.removeItem(atPath: installation.directory)
            }
        }
    }

    /// `$HOTMEM`, or the program that was built beside the tests.
    private static func binary() throws -> String {
        if let path = ProcessInfo.processInfo.environment["HOTMEM"] { return path }
        var directory = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        for start in [directory, Bundle.module.bundleURL.deletingLastPathComponent()] {
            directory = start
            while directory.path != "/" {
                let path = directory.appendingPathComponent("hotmem").path
                var isDirectory: ObjCBool = false
                if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), !isDirectory.boolValue {
                    return path
                }
                directory.deleteLastPathComponent()
            }
        }
        throw ProgramError(description: "no hotmem beside the tests; build it, or set HOTMEM to its path")
    }
}

extension Result<Installation, any Error> {
    var directory: String { get throws { try get().directory } }
    var hotmem: String { get throws { try get().hotmem } }

    func script(_ name: String) throws -> String { try get().script(name) }
}

/// The project's own folder.
let projectDirectory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
