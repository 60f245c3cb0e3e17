// SPDX-License-Identifier: Apache-2.0

import MemoryModel

/// `power/` of every device (spec 2): runtime power management of devices that have none.
enum PowerTable {
    static func rows<S: Subject>(of object: @escaping @Sendable (S) -> KernelObject) -> [Row<S>] {
        [
            .file(
                "control",
                show: { machine, subject in
                    machine.runtimePowerForbidden.contains(object(subject)) ? "on\n" : "auto\n"
                },
                store: { (_, subject, text) throws(Refusal) in
                    let word: Word = try Parse.word(text)
                    return [.setRuntimePower(object(subject), allowed: word == .auto)]
                }),
            .file("runtime_status", show: { _, _ in "unsupported\n" }).fixed(),
            .file("runtime_active_time", show: { _, _ in "0\n" }).fixed(),
            .file("runtime_suspended_time", show: { _, _ in "0\n" }).fixed(),
            .file(
                "autosuspend_delay_ms", show: { (_, _) throws(Refusal) in throw noAutosuspend },
                store: { (_, _, _) throws(Refusal) in throw noAutosuspend }),
        ]
    }

    private enum Word: String {
        case auto, on
    }
    private static var noAutosuspend: Refusal { Refusal(.inputOutput, "the device does not use autosuspend") }
}
