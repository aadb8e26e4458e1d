import PicketEvents
import PicketFeeds
import PicketLog
import Testing

@testable import PicketService

/// What `/metrics` says of the pipeline itself.
@Suite("Measures of the pipeline", .waits)
struct MeasureTests {
    @Test("Every frame is counted with the time that judging took, and the subjects with the profiles that know them")
    func page() async throws {
        let site = HealthSite()
        let pipeline = try await site.start()
        try await pipeline.open(FeedID(0), name: "a", format: .ndjson, lateness: 10_000)
        let before = await site.metrics(pipeline)
        #expect(before.contains("picket_evaluation_duration_seconds_count 0"))
        #expect(!before.contains { $0.hasPrefix("picket_profile_generation_info{") })
        await pipeline.continueWith(profiles: "0a1b")
        for _ in 0..<3 { try await site.speak(pipeline) }
        let after = await site.metrics(pipeline)
        #expect(after.contains("picket_evaluation_duration_seconds_count 3"), "\(after)")
        #expect(after.contains(#"picket_evaluation_duration_seconds_bucket{le="+Inf"} 3"#))
        #expect(after.contains(#"picket_entities_tracked{subject="device"} 1"#), "\(after)")
        #expect(after.contains(#"picket_profile_generation_info{hash="0a1b"} 1"#))
        try await pipeline.close(version: "1")
    }

    @Test("When the log was last found sound is told, also after a restart; that it was found damaged is no such time")
    func verified() async throws {
        func lines(_ site: HealthSite, _ pipeline: Pipeline) async -> [String] {
            await site.metrics(pipeline).filter { $0.hasPrefix("picket_audit_log_last_verified_timestamp_seconds") }
        }
        let site = HealthSite()
        // Its log has one writer: this one is gone before the next begins.
        func firstRun() async throws -> [String] {
            let pipeline = try await site.start()
            #expect(await lines(site, pipeline).isEmpty)
            _ = try await pipeline.decide(.read(action: .verify, what: ["verdict=tampered", "records=2"]), by: "anna")
            _ = try await pipeline.decide(.read(action: .query, what: [#"device="verdict=sound""#]), by: "anna")
            #expect(await lines(site, pipeline).isEmpty)
            site.pass(5_000)
            let sound = AccessRecord.verified(records: 3)
            _ = try await pipeline.decide(.read(action: sound.action, what: sound.what), by: "anna")
            let expected = ["picket_audit_log_last_verified_timestamp_seconds \(site.now / 1_000)"]
            #expect(await lines(site, pipeline) == expected)
            site.pass(9_000)
            _ = try await pipeline.decide(.read(action: .query, what: ["action=verify"]), by: "anna")
            try await pipeline.close(version: "1")
            return expected
        }
        let expected = try await firstRun()
        let again = try await site.start()
        #expect(await lines(site, again) == expected)
        try await again.close(version: "1")
    }

    @Test("Steps of mitigation that have ended are counted by what came of them, and those under way are not")
    func remediations() async throws {
        let site = HealthSite()
        let pipeline = try await site.start()
        pipeline.counts.mitigated([("command", "done", 3), ("command", "waiting", 1), ("cut-off", "refused", 2)])
        let metrics = await site.metrics(pipeline).filter { $0.hasPrefix("picket_remediations_total{") }
        #expect(
            metrics == [
                #"picket_remediations_total{action="command",result="done"} 3"#,
                #"picket_remediations_total{action="cut-off",result="refused"} 2"#,
            ])
        try await pipeline.close(version: "1")
    }

    @Test("A duration lies in the first bound that holds it")
    func bounds() {
        var values = DurationHistogram()
        for milliseconds in [0, 1, 2, 700, 60_000] { values.note(.milliseconds(milliseconds)) }
        #expect(values.counts == [1, 0, 1, 1, 0, 0, 0, 0, 1, 0, 1])
        #expect(abs(values.sum - 60.703) < 1e-6)
    }
}
