// SPDX-License-Identifier: Apache-2.0

/// What the kernel keeps of a tree, so that it need not ask again. It is told what changes before whoever changed it
/// hears, so that all that is read after a write is as the write left it.
public enum Caching: String, Sendable, CaseIterable {
    /// Names, links, listings and attributes. Files are opened, read and written here, and `stat` says what a sysfs says.
    case exact
    /// Contents, too. Nobody opens or reads here what the kernel has, so that `st_size` is a text's length, and what
    /// open(2) would refuse to root the first read(2) or write(2) does.
    case cached
}
