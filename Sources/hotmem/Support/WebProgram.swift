// SPDX-License-Identifier: Apache-2.0

import Glibc
import Sandbox

/// The program that serves the page, and the socket that it serves at. It is a program of its own, so that hotmem stays
/// small.
struct WebProgram {
    /// Where it is.
    let path: String
    /// Listens on the loopback interface of the network namespace that hotmem was started in.
    let socket: Int32

    static let name = "hotmem-web"

    /// Finds the program and listens.
    ///
    /// - Parameter port: 0 for a free one.
    init(port: UInt16) throws(Failure) {
        guard let path = Self.find() else {
            throw .failed("\(Self.name) is not there; make web builds it, and make install puts it beside hotmem")
        }
        self.path = path
        socket = try Self.listen(port)
    }

    /// Becomes the program, for a tree below a root.
    func become(root: String) throws(Failure) {
        guard dup2(socket, STDIN_FILENO) == 0 else { throw .failed("the web server's socket: \(Self.reason)") }
        var words: [UnsafeMutablePointer<CChar>?] = []
        for word in [path, "--root", root] { words.append(strdup(word)) }
        words.append(nil)
        execv(path, words)
        throw .failed("\(path): \(Self.reason)")
    }

    /// The program beside a command, in a world. It says where the page is before the command starts.
    var service: WorldService {
        WorldService(
            name: Self.name, command: [path, "--root", "/"], environment: ["PATH=/usr/bin:/bin"], input: socket,
            log: STDERR_FILENO)
    }

    private static var reason: String { String(cString: strerror(errno)) }

    /// Beside hotmem, or where PATH says.
    private static func find() -> String? {
        var directories = (Environment["PATH"] ?? "").split(separator: ":").map(String.init)
        if let own = realpath("/proc/self/exe", nil) {
            let path = String(cString: own)
            free(own)
            if let end = path.lastIndex(of: "/") { directories.insert(String(path[..<end]), at: 0) }
        }
        for directory in directories {
            guard let path = realpath("\(directory)/\(name)", nil) else { continue }
            defer { free(path) }
            if access(path, X_OK) == 0 { return String(cString: path) }
        }
        return nil
    }

    private static func listen(_ port: UInt16) throws(Failure) -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw .failed("cannot make a socket: \(reason)") }
        var yes: Int32 = 1
        // A port of a server that has just ended is free.
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, size) == 0 }
        }
        guard isBound, Glibc.listen(socket, 128) == 0 else {
            let why = reason
            close(socket)
            throw .failed("cannot listen at port \(port) of 127.0.0.1: \(why); without a port it takes a free one")
        }
        return socket
    }
}
