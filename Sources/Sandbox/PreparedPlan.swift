// SPDX-License-Identifier: Apache-2.0

internal import CSandbox
import Glibc

/// A configuration as plain memory, which the world's init can use without allocating anything.
final class PreparedPlan {
    private(set) var plan = csandbox_plan()
    private var strings: [UnsafeMutablePointer<CChar>] = []
    private var lists: [UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>] = []
    private let overlays: UnsafeMutablePointer<csandbox_overlay>
    private let files: UnsafeMutablePointer<csandbox_file>
    private let contents: [UnsafeMutableBufferPointer<UInt8>]
    private let readOnly: UnsafeMutablePointer<csandbox_read_only>
    private let services: UnsafeMutablePointer<csandbox_service>

    init(_ configuration: WorldConfiguration, isPrivileged: Bool, control: Int32, controlOfParent: Int32) {
        overlays = .allocate(capacity: configuration.overlays.count)
        files = .allocate(capacity: configuration.files.count)
        contents = configuration.files.map { file in
            let content = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: file.bytes.count)
            _ = content.initialize(from: file.bytes)
            return content
        }
        readOnly = .allocate(capacity: configuration.readOnly.count)
        services = .allocate(capacity: configuration.services.count)
        plan.arguments = UnsafePointer(list(configuration.command))
        plan.shell_arguments = list(["/bin/sh", ""] + configuration.command.dropFirst())
        plan.environment = UnsafePointer(list(configuration.environment))
        if let path = configuration.environment.first(where: { $0.hasPrefix("PATH=") }) {
            plan.search_path = UnsafePointer(string(Word(bytes: Array(path.bytes.dropFirst("PATH=".utf8.count)))))
        }
        for (index, overlay) in configuration.overlays.enumerated() {
            (overlays + index).initialize(
                to: csandbox_overlay(
                    source: UnsafePointer(string(overlay.source)), target: UnsafePointer(string(overlay.target)),
                    required: overlay.required, bound: false))
        }
        plan.overlays = overlays
        plan.overlay_count = configuration.overlays.count
        plan.tree_options = UnsafePointer(
            string("rootmode=40000,user_id=0,group_id=0,default_permissions,allow_other"))
        if case .bind(let directory) = configuration.tree {
            plan.tree_directory = UnsafePointer(string(directory))
        }
        plan.tree_probe = UnsafePointer(string(configuration.treeProbe))
        if let path = getcwd(nil, 0) {
            plan.working_directory = UnsafePointer(string(Word(copying: path)))
            free(path)
        }
        if !isPrivileged {
            plan.uid_map = UnsafePointer(string("0 \(geteuid()) 1"))
            plan.gid_map = UnsafePointer(string("0 \(getegid()) 1"))
        }
        prepareServices(configuration)
        plan.fail_at = configuration.failAt?.code ?? CSANDBOX_STEP_NONE
        plan.command_mask = CallerSignals.atStart.mask
        plan.command_ignored = CallerSignals.atStart.ignored
        plan.control = control
        plan.control_of_parent = controlOfParent
    }

    deinit {
        strings.forEach { $0.deallocate() }
        lists.forEach { $0.deallocate() }
        contents.forEach { $0.deallocate() }
        overlays.deallocate()
        files.deallocate()
        readOnly.deallocate()
        services.deallocate()
    }

    private func prepareServices(_ configuration: WorldConfiguration) {
        plan.runtime_directory = configuration.runtimeDirectory.map { UnsafePointer(string($0)) }
        for (index, file) in configuration.files.enumerated() {
            (files + index).initialize(
                to: csandbox_file(
                    path: UnsafePointer(string(file.path)), bytes: contents[index].baseAddress,
                    length: contents[index].count))
        }
        (plan.files, plan.file_count) = (UnsafePointer(files), configuration.files.count)
        plan.own_directories = UnsafePointer(list(configuration.ownDirectories))
        plan.hidden = UnsafePointer(list(configuration.hidden))
        for (index, place) in configuration.readOnly.enumerated() {
            (readOnly + index).initialize(
                to: csandbox_read_only(path: UnsafePointer(string(place.path)), with_mounts: place.withMounts))
        }
        (plan.read_only, plan.read_only_count) = (UnsafePointer(readOnly), configuration.readOnly.count)
        for (index, service) in configuration.services.enumerated() {
            let environment = service.environment + ["NOTIFY_SOCKET=\(CSANDBOX_NOTIFY_SOCKET)\(index)"]
            (services + index).initialize(
                to: csandbox_service(
                    name: UnsafePointer(string(service.name)), arguments: UnsafePointer(list(service.command)),
                    environment: UnsafePointer(list(environment)), input: service.input ?? -1, log: service.log,
                    keeper: 0))
        }
        (plan.services, plan.service_count) = (services, configuration.services.count)
    }

    private func string(_ text: String) -> UnsafeMutablePointer<CChar> { string(Word(text)) }

    private func string(_ word: Word) -> UnsafeMutablePointer<CChar> {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: word.bytes.count + 1)
        for (index, byte) in word.bytes.enumerated() {
            (copy + index).initialize(to: CChar(bitPattern: byte))
        }
        (copy + word.bytes.count).initialize(to: 0)
        strings.append(copy)
        return copy
    }

    private func list(_ texts: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        list(texts.map { Word($0) })
    }

    private func list(_ words: [Word]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: words.count + 1)
        for (index, word) in words.enumerated() {
            (pointers + index).initialize(to: string(word))
        }
        (pointers + words.count).initialize(to: nil)
        lists.append(pointers)
        return pointers
    }
}
