// SPDX-License-Identifier: Apache-2.0

import MemoryModel

extension Row {
    /// The file `uevent` of an object, which sends one for it (spec 12).
    ///
    /// - Parameter show: the variables of its own; nil where nobody may read.
    static func uevent(
        of object: @escaping @Sendable (S) -> KernelObject, show: Show<S>? = { _, _ in "" }
    ) -> Row {
        .file(
            "uevent", show: show,
            store: { (machine, subject, text) throws(Refusal) in
                try UeventText.command(for: object(subject), text, on: machine)
            }
        ).fixed()
    }
}
