package import PicketEvents
import PicketProfiles

/// How far a learned limit of one subject has come, and what it is: for people, and for programs as JSON.
package struct Learning: Sendable, Equatable {
    package let profile: String
    package let behavior: String
    package let subjectKind: SubjectKind
    package let subject: String
    /// The windows learned from, and how many are needed before anything is judged.
    package let samples: Int
    package let needed: Int
    /// The greatest value that conforms now; nil while too little is known.
    package let bound: Int64?
    /// The values at ranks that people know: p50, p90, p99, the greatest.
    package let quantiles: [(name: String, value: Int64)]
    /// Of what was never seen before: what is usual.
    package let usual: [String]

    package static func == (a: Learning, b: Learning) -> Bool { a.json == b.json }

    /// One line of JSON.
    package var json: [UInt8] {
        var line = RecordLine()
        line.add("profile", profile)
        line.add("behavior", behavior)
        line.add("subject", subjectKind.rawValue)
        line.add(subjectKind.rawValue, subject)
        if needed > 0 {
            line.add("samples", Int64(samples))
            line.add("needed", Int64(needed))
        }
        if let bound { line.add("bound", bound) }
        for (name, value) in quantiles { line.add(name, value) }
        line.add("usual", usual)
        return line.finish()
    }
}

extension Detector {
    /// What learned limits know, by rule and subject.
    package var learning: [Learning] {
        var all: [Learning] = []
        for rule in plan.rules.indices {
            let space = plan.rules[rule].space
            let behavior = plan.rules[rule].behavior
            for subject in 0..<subjects[space].count {
                guard let (samples, needed, bound, quantiles) = history(rule, subject) else {
                    let usual = states[rule].seen.values(of: subject)
                    if usual.isEmpty { continue }
                    all.append(
                        Learning(
                            profile: plan.rules[rule].profile, behavior: behavior.name, subjectKind: behavior.subject,
                            subject: subjects[space].string(subject), samples: 0, needed: 0, bound: nil, quantiles: [],
                            usual: usual))
                    continue
                }
                all.append(
                    Learning(
                        profile: plan.rules[rule].profile, behavior: behavior.name, subjectKind: behavior.subject,
                        subject: subjects[space].string(subject), samples: samples, needed: needed, bound: bound,
                        quantiles: quantiles, usual: []))
            }
        }
        return all
    }

    private func history(_ rule: Int, _ subject: Int)
        -> (samples: Int, needed: Int, bound: Int64?, quantiles: [(name: String, value: Int64)])?
    {
        guard case .history(let limit) = plan.rules[rule].behavior.condition,
            let newest = states[rule].history.subjects[subject]?.days.last
        else { return nil }
        let time = newest.day * 86_400_000
        let sketch = states[rule].history.sketch(of: subject, at: time, limit)
        var history = states[rule].history
        let quantiles = [("p50", 5_000), ("p90", 9_000), ("p99", 9_900), ("p100", 10_000)].compactMap { name, part in
            sketch.value(ofRank: Percentile(tenThousandths: part).rank(of: sketch.count)).map { (name, $0) }
        }
        return (sketch.count, limit.minimumSamples, history.bound(of: subject, at: time, limit), quantiles)
    }
}
