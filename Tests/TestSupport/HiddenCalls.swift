// SPDX-License-Identifier: Apache-2.0
package import Glibc

// Calls that Swift's Glibc module does not show, by their names in the C library.
package typealias Path = UnsafePointer<CChar>
package typealias SetXattr = @convention(c) (Path, Path, UnsafeRawPointer?, Int, Int32) -> Int32
package typealias GetXattr = @convention(c) (Path, Path, UnsafeMutableRawPointer?, Int) -> Int
package typealias ListXattr = @convention(c) (Path, UnsafeMutablePointer<CChar>?, Int) -> Int
package typealias RemoveXattr = @convention(c) (Path, Path) -> Int32
package typealias Fallocate = @convention(c) (Int32, Int32, off_t, off_t) -> Int32
package typealias GetTid = @convention(c) () -> Int32
package typealias AddCloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32

/// A function of the C library by its name, which the caller knows the type of.
package func hidden<Function>(_ name: String, _ type: Function.Type) -> Function {
    unsafeBitCast(dlsym(nil, name), to: type)
}
