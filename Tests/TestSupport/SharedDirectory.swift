// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Where tests mount: a directory of this process that is a shared mount, where root runs the tests.
///
/// A world copies every mount of the host, and keeps the copies for as long as it lives. Where `/` is not shared, a
/// tree that one test unmounts would live on in another test's world; in a shared mount, the copies go with it.
package enum SharedDirectory {
    /// Its path.
    package static let path: String = {
        let path = made(at: "/tmp/hotmem-tests.XXXXXX")
        chmod(path, 0o755)
        if mount(path, path, nil, UInt(MS_BIND), nil) == 0 {
            mount(nil, path, nil, UInt(MS_SHARED), nil)
        }
        atexit {
            umount2(SharedDirectory.path, Int32(MNT_DETACH))
            rmdir(SharedDirectory.path)
        }
        return path
    }()

    /// Makes an empty directory in it, and says its path.
    package static func directory(_ name: String) -> String { made(at: "\(path)/\(name).XXXXXX") }

    private static func made(at template: String) -> String {
        var template = Array(template.utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("no directory for tests: errno \(errno)") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
