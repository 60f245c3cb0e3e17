// SPDX-License-Identifier: Apache-2.0
import Glibc

// Calls that Swift's Glibc module does not show, by their names in the C library.
typealias Path = UnsafePointer<CChar>
typealias SetXattr = @convention(c) (Path, Path, UnsafeRawPointer?, Int, Int32) -> Int32
typealias GetXattr = @convention(c) (Path, Path, UnsafeMutableRawPointer?, Int) -> Int
typealias ListXattr = @convention(c) (Path, UnsafeMutablePointer<CChar>?, Int) -> Int
typealias RemoveXattr = @convention(c) (Path, Path) -> Int32
typealias Fallocate = @convention(c) (Int32, Int32, off_t, off_t) -> Int32
typealias GetTid = @convention(c) () -> Int32
typealias AddCloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32

func hidden<Function>(_ name: String, _ type: Function.Type) -> Function {
    unsafeBitCast(dlsym(nil, name), to: type)
}
