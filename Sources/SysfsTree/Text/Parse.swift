// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// How attributes read what is written to them: the kernel's rules, with its errnos.
enum Parse {
    /// One of a set of words, with at most one newline after it (sysfs_streq).
    static func word<W: RawRepresentable<String>>(_ text: String) throws(Refusal) -> W {
        guard let word = W(rawValue: String(KernelText.line(text[...]))) else {
            throw Refusal(.invalid, "not a word this file takes")
        }
        return word
    }

    /// The first of some words that the text agrees with as far as both go; `words` are tried in order.
    static func prefix<W: RawRepresentable<String>>(_ text: String, of words: [W]) throws(Refusal) -> W {
        let bytes = text.utf8
        let word = words.first { word in
            let count = min(bytes.count, word.rawValue.utf8.count)
            return bytes.prefix(count).elementsEqual(word.rawValue.utf8.prefix(count))
        }
        guard let word else { throw Refusal(.invalid, "not a word this file takes") }
        return word
    }

    /// An unsigned number, with at most one newline after it (kstrtoull).
    static func number(_ text: String) throws(Refusal) -> UInt64 {
        switch KernelText.unsigned(KernelText.line(text[...])) {
        case .success(let number): return number
        case .failure(.malformed): throw Refusal(.invalid, "not a number")
        case .failure(.tooLarge): throw Refusal(.outOfRange, "number does not fit 64 bits")
        }
    }

    /// A text that begins with 1, which is all that `eject` files look at.
    static func one(_ text: String) throws(Refusal) {
        guard text.utf8.first == UInt8(ascii: "1") else { throw Refusal(.invalid, "only 1 ejects") }
    }

    /// A truth value (kstrtobool): only the first characters count.
    static func bool(_ text: String) throws(Refusal) -> Bool {
        guard let value = KernelText.bool(text) else { throw Refusal(.invalid, "not a truth value") }
        return value
    }
}
