// SPDX-License-Identifier: Apache-2.0

/// What mount(8) asks of its helper for a type of file system, `/sbin/mount.TYPE`:
/// `MACHINE DIRECTORY [-sfnv] [-N namespace] [-o options] [-t type]`.
public struct MountRequest: Sendable, Equatable {
    /// What is mounted: a preset, or the absolute path of a machine file.
    public private(set) var machine = ""
    /// Where.
    public private(set) var directory = ""
    /// Kernel parameters: the option `cmdline=`.
    public private(set) var commandLine = ""
    /// The other options, each for itself and without quotes.
    public private(set) var options: [String] = []
    /// Whether everything is to be done but the mounting.
    public private(set) var isFake = false
    /// Whether unknown options are to be passed over.
    public private(set) var isSloppy = false
    /// Whether to say what is done.
    public private(set) var isVerbose = false
    /// The mount namespace to mount in: a process, or a path.
    public private(set) var namespace: String?

    /// Why a request cannot be understood.
    public struct Problem: Error, Equatable, Sendable, CustomStringConvertible {
        /// What is wrong, and what would be right.
        public let description: String
    }

    /// Whether a program was called as mount(8) calls a helper.
    public static func isHelper(_ program: String) -> Bool {
        program.split(separator: "/").last?.hasPrefix("mount.") ?? false
    }

    /// Reads the arguments, without the program's name.
    public init(_ arguments: [String]) throws(Problem) {
        var words = arguments[...]
        var places: [String] = []
        while let word = words.popFirst() {
            guard word.hasPrefix("-"), word != "-" else {
                places.append(word)
                continue
            }
            var flags = word.dropFirst()
            while let flag = flags.popFirst() {
                switch flag {
                case "s": isSloppy = true
                case "f": isFake = true
                case "v": isVerbose = true
                // There is no list of mounts of our own to leave it out of.
                case "n": break
                case "o", "t", "N":
                    guard let value = flags.isEmpty ? words.popFirst() : String(flags) else {
                        throw Problem(description: "-\(flag) needs a value")
                    }
                    flags = ""
                    try take(flag, value)
                default: throw Problem(description: "unknown option -\(flag); \(Self.usage)")
                }
            }
        }
        guard places.count == 2 else { throw Problem(description: Self.usage) }
        (machine, directory) = (places[0], places[1])
        guard machine.hasPrefix("/") || !machine.contains("/"), !machine.isEmpty else {
            throw Problem(description: "\(machine): the machine has to be a preset or a file's absolute path")
        }
        if options.contains("remount") {
            throw Problem(description: "remount: a machine cannot be mounted anew; unmount it first")
        }
    }

    private static let usage = "usage: mount -t fuse.hotmem MACHINE DIRECTORY [-o cmdline=PARAMETERS,...]"

    private mutating func take(_ flag: Character, _ value: String) throws(Problem) {
        switch flag {
        case "o":
            for option in try Self.options(in: value) {
                guard option.hasPrefix("cmdline=") else {
                    options.append(option)
                    continue
                }
                let words = [commandLine, String(option.dropFirst("cmdline=".count))]
                commandLine = words.filter { !$0.isEmpty }.joined(separator: " ")
            }
        case "N": namespace = value
        // The type: there is one.
        default: break
        }
    }

    /// Takes a list of options apart at its commas, but for those in double quotes, as mount(8) does.
    static func options(in list: String) throws(Problem) -> [String] {
        var (options, isQuoted) = ([""], false)
        for character in list {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: options.append("")
            default: options[options.count - 1].append(character)
            }
        }
        guard !isQuoted else { throw Problem(description: "-o \(list): a double quote is open at its end") }
        return options.filter { !$0.isEmpty }
    }
}
