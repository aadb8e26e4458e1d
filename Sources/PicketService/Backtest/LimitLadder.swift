import PicketEvents
import PicketProfiles

/// The limits that a backtest tries beside the one that a behavior has: all are detected in one pass, and share what is
/// counted.
struct LimitLadder: Sendable {
    /// One behavior that was tried with several limits.
    struct Tried: Sendable {
        var profile: String
        var behavior: Behavior
        /// From the strictest to the widest; the behavior's own is among them.
        var limits: [Limit]
    }

    /// The profiles with the other limits as behaviors of their own.
    private(set) var profiles: [SecurityProfile] = []
    private(set) var tried: [Tried] = []
    /// By the name of a behavior in ``profiles`` that stands for another limit: which.
    private(set) var places: [String: (tried: Int, limit: Int)] = [:]

    /// What the limit is multiplied with, in sixtieths: a tenth, a fifth, a third, half, two thirds, and so on to tenfold.
    private static let sixtieths: [Int64] = [6, 12, 20, 30, 40, 60, 90, 120, 180, 300, 600]
    /// Limits that are tried beside small ones, of which there is no tenth.
    private static let small: [Int64] = [0, 1, 2, 3, 5, 10, 20, 50, 100]
    /// Below this a limit is small.
    private static let smallBelow: Int64 = 10
    /// Behaviors with a limit that are tried; with more, the pass would take too long.
    private static let mostBehaviors = 200
    /// No name of a behavior holds this character.
    private static let mark = "\u{1}"

    init(_ given: [SecurityProfile]) {
        for profile in given {
            var behaviors = profile.behaviors
            var exceptions = profile.exceptions
            for behavior in profile.behaviors where tried.count < LimitLadder.mostBehaviors {
                guard let own = behavior.limit, !behavior.suppressed else { continue }
                let limits = LimitLadder.limits(around: own)
                guard limits.count > 1 else { continue }
                for (place, limit) in limits.enumerated() where limit != own {
                    let name = "\(behavior.name)\(LimitLadder.mark)\(place)"
                    behaviors.append(behavior.with(name: name, limit: limit))
                    exceptions += profile.exceptions.filter { $0.behavior == behavior.name }.map { $0.about(name) }
                    places["\(profile.name)/\(name)"] = (tried.count, place)
                }
                if let place = limits.firstIndex(of: own) {
                    places["\(profile.name)/\(behavior.name)"] = (tried.count, place)
                }
                tried.append(Tried(profile: profile.name, behavior: behavior, limits: limits))
            }
            profiles.append(
                SecurityProfile(
                    name: profile.name, description: profile.description, behaviors: behaviors,
                    controls: profile.controls, targets: profile.targets, exceptions: exceptions,
                    source: profile.source))
        }
    }

    /// Whether a behavior of ``profiles`` stands for another limit.
    static func isCandidate(_ behavior: String) -> Bool { behavior.contains(mark) }

    /// The limits to try, from the strictest to the widest.
    private static func limits(around own: Limit) -> [Limit] {
        var bounds = Set(
            sixtieths.compactMap { part -> Int64? in
                let (product, overflow) = own.bound.multipliedReportingOverflow(by: part)
                return overflow ? nil : product / 60
            })
        bounds.insert(own.bound)
        if (0..<smallBelow).contains(own.bound) { bounds.formUnion(small) }
        // "at least 0" is always violated, and "fewer than 0" never.
        let isAllowed: (Int64) -> Bool = { own.comparison == .above || own.comparison == .atMost ? $0 >= 0 : $0 >= 1 }
        let ascending = bounds.filter { isAllowed($0) || $0 == own.bound }.sorted().map { Limit(own.comparison, $0) }
        return own.isUpper ? ascending : ascending.reversed()
    }
}

extension Behavior {
    /// The same with another name and limit.
    func with(name: String, limit: Limit) -> Behavior {
        Behavior(
            name: name, metric: metric, subject: subject, prefix: prefix, filter: filter, condition: .limit(limit),
            after: after, duration: duration, slide: slide, datapointsToAlarm: datapointsToAlarm,
            datapointsToClear: datapointsToClear, severity: severity, suppressed: suppressed)
    }
}

extension ViolationException {
    /// The same for another behavior.
    fileprivate func about(_ behavior: String) -> ViolationException {
        ViolationException(
            behavior: behavior, subject: subject, reason: reason, owner: owner, from: from, expires: expires,
            hours: hours)
    }
}
