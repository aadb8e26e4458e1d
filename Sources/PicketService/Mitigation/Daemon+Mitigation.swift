import PicketDetection
import PicketEvents
import PicketLog
import PicketMitigation

extension Daemon {
    /// Does what playbooks say, looks after the brokers' lists, and lets time pass for what waits, until it is cancelled.
    ///
    /// - Parameter unfinished: intents without outcome that an earlier run left.
    func mitigate(
        _ configuration: Configuration, _ pipeline: Pipeline, _ desk: MitigationDesk, _ violations: LiveViolations,
        unfinished: [Intent], say: @escaping @Sendable (String) -> Void
    ) async throws {
        let watch = RevocationWatch(
            brokers: configuration.brokers, desk: desk, record: { try await pipeline.record($0) }, say: say)
        let notices = Notices(
            configuration.notify, folder: "\(configuration.data)/dead-letters", desk: desk, violations: violations,
            record: { try await pipeline.record($0) })
        let mitigator = Mitigator(
            desk: desk, pipeline: pipeline, brokers: configuration.brokers, plugins: plugins, watch: watch,
            notices: notices, say: say)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await mitigator.run(unfinished: unfinished) }
            group.addTask { try await watch.run() }
            group.addTask { try await notices.remind() }
            for broker in configuration.brokers where broker.control != nil {
                guard let address = broker.address else { continue }
                group.addTask {
                    do {
                        try await StandIn.sweep(DynamicSecurity(address: address))
                    } catch {
                        // The next start tries again; who administers the broker sees them by their name.
                        say(
                            "picket: \(broker.name): nobody could look for stand-ins that an earlier run left: \(error)"
                        )
                    }
                }
            }
            group.addTask {
                while !Task.isCancelled {
                    try await pipeline.letMitigationsAge()
                    try await Task.sleep(for: Daemon.ageEvery)
                }
            }
        }
    }

    /// How often somebody looks for approvals that nobody gave, and for acts that are to be taken back.
    private static let ageEvery = Duration.seconds(1)
}

extension Pipeline {
    /// Records what became of a mitigation.
    func record(_ record: MitigationRecord) async throws {
        try await exclusively {
            let received = now()
            try await write([record] + (mitigation?.consequences(of: record) ?? []), received)
            guard case .membership(var membership) = record else { return }
            membership.received = received
            detector.step(.membership(membership), feed: nil, into: &found)
            try await tell(received)
        }
    }

    /// Records what time alone has changed.
    func letMitigationsAge() async throws {
        guard mitigation?.isAged(at: now()) ?? false else { return }
        try await exclusively {
            let received = now()
            try await write(mitigation?.aged(at: received) ?? [], received)
            mitigation?.wake()
        }
    }

    private func write(_ records: [MitigationRecord], _ received: Int64) async throws {
        for record in records { buffer.append(line: record.line(received: received), time: received) }
        try await flush()
        for record in records { mitigation?.recorded(record, received: received) }
    }

    /// Who is asked what violations cause.
    func setMitigation(_ desk: MitigationDesk) { mitigation = desk }
}
