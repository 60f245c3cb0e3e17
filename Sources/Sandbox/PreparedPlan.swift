// SPDX-License-Identifier: Apache-2.0

internal import CSandbox
import Glibc

/// A configuration as plain memory, which the world's init can use without allocating anything.
final class PreparedPlan {
    private(set) var plan = csandbox_plan()
    private var strings: [UnsafeMutablePointer<CChar>] = []
    private var lists: [UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>] = []
    private let overlays: UnsafeMutablePointer<csandbox_overlay>

    init(_ configuration: WorldConfiguration, isPrivileged: Bool, control: Int32, controlOfParent: Int32) {
        overlays = .allocate(capacity: configuration.overlays.count)
        plan.arguments = UnsafePointer(list(configuration.command))
        plan.shell_arguments = list(["/bin/sh", ""] + configuration.command.dropFirst())
        plan.environment = UnsafePointer(list(configuration.environment))
        if let path = configuration.environment.first(where: { $0.hasPrefix("PATH=") }) {
            plan.search_path = UnsafePointer(string(String(path.dropFirst("PATH=".count))))
        }
        for (index, overlay) in configuration.overlays.enumerated() {
            (overlays + index).initialize(
                to: csandbox_overlay(
                    source: UnsafePointer(string(overlay.source)), target: UnsafePointer(string(overlay.target)),
                    required: overlay.required, bound: false))
        }
        plan.overlays = overlays
        plan.overlay_count = configuration.overlays.count
        let owner = configuration.treeOwner
        plan.tree_options = UnsafePointer(
            string("rootmode=40000,user_id=\(owner),group_id=\(owner),default_permissions,allow_other"))
        if case .bind(let directory) = configuration.tree {
            plan.tree_directory = UnsafePointer(string(directory))
        }
        plan.tree_probe = UnsafePointer(string(configuration.treeProbe))
        if let path = getcwd(nil, 0) {
            plan.working_directory = UnsafePointer(string(String(cString: path)))
            free(path)
        }
        if !isPrivileged {
            plan.uid_map = UnsafePointer(string("0 \(geteuid()) 1"))
            plan.gid_map = UnsafePointer(string("0 \(getegid()) 1"))
        }
        plan.fail_at = configuration.failAt?.code ?? CSANDBOX_STEP_NONE
        plan.command_mask = CallerSignals.atStart.mask
        plan.command_ignored = CallerSignals.atStart.ignored
        plan.control = control
        plan.control_of_parent = controlOfParent
    }

    deinit {
        strings.forEach { $0.deallocate() }
        lists.forEach { $0.deallocate() }
        overlays.deallocate()
    }

    private func string(_ text: String) -> UnsafeMutablePointer<CChar> {
        let bytes = text.utf8CString
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        for (index, byte) in bytes.enumerated() {
            (copy + index).initialize(to: byte)
        }
        strings.append(copy)
        return copy
    }

    private func list(_ texts: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: texts.count + 1)
        for (index, text) in texts.enumerated() {
            (pointers + index).initialize(to: string(text))
        }
        (pointers + texts.count).initialize(to: nil)
        lists.append(pointers)
        return pointers
    }
}
