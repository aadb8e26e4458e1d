import PicketEvents
import Testing

@testable import PicketProfiles

/// AWS's criteria state what is expected; what is read from them states what is wrong.
@Suite struct CriteriaTests {
    @Test(
        "each operator is turned round",
        arguments: [
            ("num-messages-sent", "less-than", "{count: 10}", Condition.limit(Limit(.atLeast, 10))),
            ("num-messages-sent", "less-than-equals", "{count: 10}", .limit(Limit(.above, 10))),
            ("num-messages-sent", "greater-than", "{count: 5000}", .limit(Limit(.atMost, 5_000))),
            ("num-messages-sent", "greater-than-equals", "{count: 5000}", .limit(Limit(.below, 5_000))),
            ("listening-tcp-ports", "in-port-set", "{ports: [443]}", .set(SetLimit(.outside, .numbers([443])))),
            ("listening-tcp-ports", "not-in-port-set", "{ports: [23]}", .set(SetLimit(.inside, .numbers([23])))),
            ("labels", "in-set", "{strings: [a, b]}", .set(SetLimit(.outside, .texts(["a", "b"])))),
            ("levels", "not-in-set", "{numbers: [1.5]}", .set(SetLimit(.inside, .numbers([1_500_000])))),
            ("level", "greater-than", "{number: 12.5}", .limit(Limit(.atMost, 12_500_000))),
        ])
    func operators(metric: String, name: String, value: String, expected: Condition) throws {
        let needsWindow = metric == "num-messages-sent"
        let profile = try Fixtures.profile(
            """
            profile: p
            targets: [all]
            customMetrics: { labels: string-list, levels: number-list, level: number }
            behaviors:
              - name: b
                metric: \(metric)
                criteria: { comparisonOperator: \(name), value: \(value)\(needsWindow ? ", durationSeconds: 300" : "") }
            """)
        #expect(profile.behaviors[0].condition == expected)
    }

    @Test("a statistic is a percentile of all, from one device on")
    func statistic() throws {
        for percentile in Percentile.ofAWS {
            let profile = try Fixtures.profile(
                """
                profile: p
                targets: [all]
                behaviors:
                  - name: b
                    metric: aws:num-messages-sent
                    criteria: { comparisonOperator: less-than-equals, durationSeconds: 300,
                                statisticalThreshold: { statistic: \(percentile.name) } }
                """)
            #expect(
                profile.behaviors[0].condition
                    == .percentile(PercentileLimit(.above, percentile, minimumSubjects: 1)))
        }
    }

    @Test("a dimension is a filter on the topic")
    func dimension() throws {
        let profile = try Fixtures.profile(
            """
            profile: p
            targets: [all]
            dimensions: { own: ["telemetry/${iot:ClientId}/#"] }
            behaviors:
              - { name: b, metric: num-messages-sent, metricDimension: { dimensionName: own, operator: NOT_IN }, alarm: any }
            """)
        let term = try #require(profile.behaviors[0].filter?.terms.first)
        #expect(term.field == .topic && term.isNegated)
    }

    @Test("machine learning becomes a device's own history, and says so")
    func learned() throws {
        let (profile, diagnostics) = ProfileLoader.parse(
            text: """
                profile: p
                targets: [all]
                behaviors:
                  - { name: b, metric: num-messages-sent, criteria: { mlDetectionConfig: { confidenceLevel: HIGH } } }
                """, file: "p.yaml")
        #expect(diagnostics.map(\.code) == [.learnedInstead])
        let behavior = try #require(profile?.behaviors.first)
        guard case .history(let limit) = behavior.condition else {
            Issue.record("not a history: \(behavior.condition)")
            return
        }
        #expect(limit.factorThousandths == 3_000 && behavior.duration == 300)
    }
}
