import PicketEvents
import Testing

@testable import PicketProfiles

@Suite struct ProfileWriterTests {
    @Test("writes one form, whatever it was read from")
    func form() throws {
        let profile = try Fixtures.profile(
            """
            {"securityProfileName": "p", "securityProfileDescription": "it's: a # profile", "targets": ["all"],
             "controls": ["iec-62443-3-3:SR-6.2"], "behaviors": [
               {"name": "a", "metric": "aws:num-messages-sent", "criteria": {"comparisonOperator": "less-than-equals",
                "value": {"count": 120}, "durationSeconds": 300}},
               {"name": "b", "metric": "bytes-sent", "where": {"topic": "x/#", "bytes|gt": 1500},
                "alarm": "more than 2000000", "severity": {"high": "5 MB"}}]}
            """)
        #expect(
            ProfileWriter.yaml(profile) == """
                profile: p
                description: 'it''s: a # profile'
                targets: [all]
                controls: 'iec-62443-3-3:SR-6.2'
                behaviors:
                  - name: a
                    metric: num-messages-sent
                    alarm: more than 120 in 5m
                  - name: b
                    metric: bytes-sent
                    where: { bytes|gt: 1.5 KB, topic: 'x/#' }
                    alarm: more than 2 MB
                    severity: { high: 5 MB }

                """)
    }

    @Test(
        "what is read back is equal to what was written",
        arguments: FilterTests.cases.map(\.filter) + [
            "{ topic|not: [\"telemetry/{device}/#\", '+/x'] }", "{ user: \"a\\u0007\\u202Eb\" }",
            "{ user: [\"yes\", \"1\", ' a', 'a: b'] }",
            "{ topic|re: ['^a\\d{2,3}$', \"it's\"] }", "{ address: ['2001:db8::1', 10.0.0.1] }", "{ user: 'ü' }",
        ])
    func roundTrip(filter: String) throws {
        let profile = try Fixtures.profile(
            """
            profile: p
            targets: [all]
            behaviors:
              - { name: b, subject: user, metric: count, where: \(filter), alarm: at least 7 in 1h, every: 36s,
                  severity: { low: 8, critical: 9 }, playbook: contain, consecutiveDatapointsToAlarm: 2,
                  consecutiveDatapointsToClear: 3, suppressAlerts: true }
            """)
        #expect(try Fixtures.profile(ProfileWriter.yaml(profile)) == profile)
    }
}
