// SPDX-License-Identifier: Apache-2.0

import OrderedCollections

/// A machine as it is between two commands, to be written down and gone on with elsewhere: what was read answers each later
/// command as what was written would.
///
/// What follows from the description alone is made anew. A property that a later version adds is read with a default where
/// an earlier one's snapshot lacks it; ``MachineCodingTests`` names those that are not written.
extension Machine: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case description, blockSize, nodes, blocks, resources, firmwareMap, devices, storage, knownContainers,
            containers
        case processors, lastIncarnation, groups, allocator, zonelistState, workloads, underway, waiting, lastTicket
        case migrationPolicy, offlinePolicy, lastFound, migrationCacheHits, migrationCacheMisses, notifierCalls
        case firmwareReports, hotplugDisabled, clock, notifiers, autoOnline, policy, runtimePowerForbidden, autoprobeOff
        case poisonedPages, hardwareCorrupted, memoryFailures, planTarget, question, reserved, bootReservations,
            complaints
        case memblock, ram, affinity, distances, mixedExtents, incarnations, faults, late
    }

    /// Reads a machine.
    ///
    /// - Throws: where it does not hold together, so that a later command could go wrong.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func value<Value: Decodable>(_ key: CodingKeys) throws -> Value {
            try container.decode(Value.self, forKey: key)
        }
        description = try value(.description)
        parameters = BootParameters(commandLine: description.commandLine)
        latencies = parameters.latencies
        blockSize = try value(.blockSize)
        pageSize = description.geometry.pageSize
        pagesPerBlock = blockSize / pageSize
        nodes = try value(.nodes)
        blocks = try value(.blocks)
        resources = try value(.resources)
        firmwareMap = try value(.firmwareMap)
        devices = try value(.devices)
        storage = try value(.storage)
        knownContainers = try value(.knownContainers)
        containers = try value(.containers)
        processors = try value(.processors)
        lastIncarnation = try value(.lastIncarnation)
        groups = try value(.groups)
        allocator = try value(.allocator)
        zonelistState = try value(.zonelistState)
        workloads = try value(.workloads)
        underway = try container.decodeIfPresent(HotplugWork.self, forKey: .underway)
        waiting = try value(.waiting)
        lastTicket = try value(.lastTicket)
        migrationPolicy = try value(.migrationPolicy)
        offlinePolicy = try value(.offlinePolicy)
        lastFound = try container.decodeIfPresent(FoundPage.self, forKey: .lastFound)
        migrationCacheHits = try value(.migrationCacheHits)
        migrationCacheMisses = try value(.migrationCacheMisses)
        notifierCalls = try value(.notifierCalls)
        firmwareReports = try value(.firmwareReports)
        hotplugDisabled = try value(.hotplugDisabled)
        clock = try value(.clock)
        notifiers = try value(.notifiers)
        faults = try container.decodeIfPresent(FaultList.self, forKey: .faults) ?? FaultList()
        late = try container.decodeIfPresent([LateAnswer].self, forKey: .late) ?? []
        autoOnline = try value(.autoOnline)
        policy = try value(.policy)
        runtimePowerForbidden = try value(.runtimePowerForbidden)
        autoprobeOff = try value(.autoprobeOff)
        poisonedPages = try value(.poisonedPages)
        hardwareCorrupted = try value(.hardwareCorrupted)
        memoryFailures = try value(.memoryFailures)
        planTarget = try container.decodeIfPresent(NodeID.self, forKey: .planTarget)
        question = try container.decodeIfPresent(Question.self, forKey: .question)
        reserved = try value(.reserved)
        bootReservations = try value(.bootReservations)
        complaints = try value(.complaints)
        memblock = try value(.memblock)
        ram = try value(.ram)
        affinity = try value(.affinity)
        distances = try value(.distances)
        mixedExtents = try value(.mixedExtents)
        incarnations = try Self.unpackIncarnations(try value(.incarnations))
        try check()
    }

    /// Writes a machine.
    ///
    /// - Throws: where somebody registered a listener of their own, as that is a function.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(description, forKey: .description)
        try container.encode(blockSize, forKey: .blockSize)
        try container.encode(nodes, forKey: .nodes)
        try container.encode(blocks, forKey: .blocks)
        try container.encode(resources, forKey: .resources)
        try container.encode(firmwareMap, forKey: .firmwareMap)
        try container.encode(devices, forKey: .devices)
        try container.encode(storage, forKey: .storage)
        try container.encode(knownContainers, forKey: .knownContainers)
        try container.encode(containers, forKey: .containers)
        try container.encode(processors, forKey: .processors)
        try container.encode(lastIncarnation, forKey: .lastIncarnation)
        try container.encode(groups, forKey: .groups)
        try container.encode(allocator, forKey: .allocator)
        try container.encode(zonelistState, forKey: .zonelistState)
        try container.encode(workloads, forKey: .workloads)
        try container.encodeIfPresent(underway, forKey: .underway)
        try container.encode(waiting, forKey: .waiting)
        try container.encode(lastTicket, forKey: .lastTicket)
        try container.encode(migrationPolicy, forKey: .migrationPolicy)
        try container.encode(offlinePolicy, forKey: .offlinePolicy)
        try container.encodeIfPresent(lastFound, forKey: .lastFound)
        try container.encode(migrationCacheHits, forKey: .migrationCacheHits)
        try container.encode(migrationCacheMisses, forKey: .migrationCacheMisses)
        try container.encode(notifierCalls, forKey: .notifierCalls)
        try container.encode(firmwareReports, forKey: .firmwareReports)
        try container.encode(hotplugDisabled, forKey: .hotplugDisabled)
        try container.encode(clock, forKey: .clock)
        try container.encode(notifiers, forKey: .notifiers)
        try container.encode(faults, forKey: .faults)
        try container.encode(late, forKey: .late)
        try container.encode(autoOnline, forKey: .autoOnline)
        try container.encode(policy, forKey: .policy)
        try container.encode(runtimePowerForbidden, forKey: .runtimePowerForbidden)
        try container.encode(autoprobeOff, forKey: .autoprobeOff)
        try container.encode(poisonedPages, forKey: .poisonedPages)
        try container.encode(hardwareCorrupted, forKey: .hardwareCorrupted)
        try container.encode(memoryFailures, forKey: .memoryFailures)
        try container.encodeIfPresent(planTarget, forKey: .planTarget)
        try container.encodeIfPresent(question, forKey: .question)
        try container.encode(reserved, forKey: .reserved)
        try container.encode(bootReservations, forKey: .bootReservations)
        try container.encode(complaints, forKey: .complaints)
        try container.encode(memblock, forKey: .memblock)
        try container.encode(ram, forKey: .ram)
        try container.encode(affinity, forKey: .affinity)
        try container.encode(distances, forKey: .distances)
        try container.encode(mixedExtents, forKey: .mixedExtents)
        try container.encode(packedIncarnations, forKey: .incarnations)
    }

    /// Incarnations by block as rows; there may be one for each block that ever was.
    private var packedIncarnations: [UInt8] {
        var writer = PackedWriter()
        writer.varint(incarnations.count)
        var rows = Rows(columns: 2, counting: 0)
        for (block, incarnation) in incarnations.sorted(by: { $0.key < $1.key }) {
            writer.row(&rows) { row in
                row[0] = block.rawValue &+ 1
                row[1] = UInt32(incarnation)
            }
        }
        return writer.bytes
    }

    private static func unpackIncarnations(_ bytes: [UInt8]) throws(DecodingError) -> [BlockID: UInt16] {
        var reader = PackedReader(bytes)
        var incarnations: [BlockID: UInt16] = [:]
        var rows = Rows(columns: 2, counting: 0)
        for _ in 0..<(try reader.count()) {
            let row = try reader.row(&rows)
            incarnations[BlockID(row[0] &- 1)] = UInt16(truncatingIfNeeded: row[1])
        }
        try reader.end()
        return incarnations
    }
}
