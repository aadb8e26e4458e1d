package import PicketEvents
import PicketProfiles

/// How far a learned limit of one subject has come, and what it is: for people, and for programs as JSON.
package struct Learning: Sendable, Equatable {
    /// What is known of a number: a sketch of the last days.
    package struct Past: Sendable {
        /// The windows learned from, and how many are needed before anything is judged.
        package let samples: Int
        package let needed: Int
        /// The greatest value that conforms now; nil while too little is known.
        package let bound: Int64?
        /// The values at ranks that people know: p50, p90, p99, the greatest.
        package let quantiles: [(name: String, value: Int64)]
    }

    package let profile: String
    package let behavior: String
    package let metric: Metric
    package let subjectKind: SubjectKind
    package let subject: String
    /// Of a subject's own history.
    package let past: Past?
    /// Of what was never seen before: what is usual, and the engine time until which everything is (Unix milliseconds).
    package let usual: [String]
    package let learnsUntil: Int64?
    /// Whether new datapoints are judged already.
    package let isReady: Bool
    /// Of what was never seen before: it shows so many values that none is new any more, and the behavior is blind for it.
    package let isBlind: Bool

    package static func == (a: Learning, b: Learning) -> Bool { a.json == b.json }

    /// One line of JSON.
    package var json: [UInt8] {
        var line = RecordLine()
        line.add("profile", profile)
        line.add("behavior", behavior)
        line.add("subject", subjectKind.rawValue)
        line.add(subjectKind.rawValue, subject)
        line.add("metric", metric.rawValue)
        line.add("state", isBlind ? "blind" : isReady ? "ready" : "learning")
        if let past {
            line.add("samples", Int64(past.samples))
            line.add("needed", Int64(past.needed))
            if let bound = past.bound { line.add("bound", bound, decimals: metric.decimals) }
            for (name, value) in past.quantiles { line.add(name, value, decimals: metric.decimals) }
        }
        if let learnsUntil { line.add("learnsUntil", time: learnsUntil) }
        line.add("usual", usual)
        return line.finish()
    }

    /// What it knows, for a person: `312 of 2000 samples; p50 3, p99 9`.
    package var text: String {
        guard let past else {
            let shown = usual.prefix(8).joined(separator: ", ")
            let values = "usual: \(shown)\(usual.count > 8 ? ", and \(usual.count - 8) more" : "")"
            if isBlind { return "blind: it shows more than \(SeenValues.limit) values, so that none is new; \(values)" }
            guard let learnsUntil, !isReady else { return "ready; \(values)" }
            return "learns until \(Timestamp.format(learnsUntil)); \(values)"
        }
        let quantiles = past.quantiles.map { "\($0.name) \(metric.amount($0.value))" }.joined(separator: ", ")
        let bound = past.bound.map { "at most \(metric.amount($0)), from \(past.samples) samples" }
        return [bound ?? "\(past.samples) of \(past.needed) samples", quantiles].filter { !$0.isEmpty }
            .joined(separator: "; ")
    }
}

extension Detector {
    /// What learned limits know, by rule and subject.
    package var learning: [Learning] {
        plan.rules.indices.flatMap { rule in
            (0..<subjects[plan.rules[rule].space].count).compactMap { learning(rule, $0) }
        }
    }

    /// How many subjects a learned limit still learns, and how many it judges, by profile and behavior.
    package var learningCounts: [(profile: String, behavior: String, learning: Int, ready: Int)] {
        plan.rules.indices.compactMap { rule in
            let subjects = learners(rule)
            guard let subjects else { return nil }
            let ready = subjects.count { isReady(rule, $0) }
            return (plan.rules[rule].profile, plan.rules[rule].behavior.name, subjects.count - ready, ready)
        }
    }

    /// The subjects that a rule learned something of; nil when it does not learn.
    private func learners(_ rule: Int) -> [Int]? {
        switch plan.rules[rule].behavior.condition {
        case .history: Array(states[rule].history.subjects.keys)
        case .firstSeen: states[rule].seen.subjects
        default: nil
        }
    }

    /// Whether a learned limit judges a subject already.
    private func isReady(_ rule: Int, _ subject: Int) -> Bool {
        switch plan.rules[rule].behavior.condition {
        case .history(let limit):
            let now = watermarks.clocks[clockOfRule[rule]].newest
            return states[rule].history.samples(of: subject, at: now, limit) >= limit.minimumSamples
        case .firstSeen(let limit):
            return learnsUntil(rule, subject, limit).map { watermarks.clocks[clockOfRule[rule]].newest >= $0 } ?? false
        default: return true
        }
    }

    /// The engine time until which everything that a subject shows is usual; nil when it showed nothing yet.
    private func learnsUntil(_ rule: Int, _ subject: Int, _ limit: FirstSeen) -> Int64? {
        states[rule].seen.beginning(of: subject).map { $0 + Int64(limit.learnForSeconds) * 1_000 }
    }

    private func learning(_ rule: Int, _ subject: Int) -> Learning? {
        let behavior = plan.rules[rule].behavior
        var past: Learning.Past?
        var usual: [String] = []
        var until: Int64?
        switch behavior.condition {
        case .history(let limit):
            guard let newest = states[rule].history.subjects[subject]?.days.last else { return nil }
            // As of now: of a device that was away for longer than is remembered nothing counts any more.
            let now = max(newest.day * HistoryState.day, watermarks.clocks[clockOfRule[rule]].newest)
            past = self.past(rule, subject, limit, at: now)
        case .firstSeen(let limit):
            usual = states[rule].seen.values(of: subject)
            if usual.isEmpty { return nil }
            until = learnsUntil(rule, subject, limit)
        default: return nil
        }
        return Learning(
            profile: plan.rules[rule].profile, behavior: behavior.name, metric: behavior.metric,
            subjectKind: behavior.subject, subject: subjects[plan.rules[rule].space].string(subject), past: past,
            usual: usual, learnsUntil: until, isReady: isReady(rule, subject),
            isBlind: usual.count >= SeenValues.limit)
    }

    private func past(_ rule: Int, _ subject: Int, _ limit: HistoryLimit, at time: Int64) -> Learning.Past {
        let sketch = states[rule].history.sketch(of: subject, at: time, limit)
        var history = states[rule].history
        let quantiles = [("p50", 5_000), ("p90", 9_000), ("p99", 9_900), ("p100", 10_000)].compactMap { name, part in
            sketch.value(ofRank: Percentile(tenThousandths: part).rank(of: sketch.count)).map { (name, $0) }
        }
        return Learning.Past(
            samples: sketch.count, needed: limit.minimumSamples, bound: history.bound(of: subject, at: time, limit),
            quantiles: quantiles)
    }
}
