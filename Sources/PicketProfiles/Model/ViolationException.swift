/// Violations that are recorded, marked, and not acted on: an exception of a profile, a maintenance window, a silence.
package struct ViolationException: Hashable, Sendable {
    /// The behavior; nil for all of the profile.
    package let behavior: String?
    /// The subject, where `*` stands for any run of characters; nil for every subject.
    package let subject: String?
    package let reason: String
    package let owner: String
    /// When it begins and ends, in Unix milliseconds; `from` inclusive, `expires` exclusive.
    package let from: Int64
    package let expires: Int64
    /// The time of day in which it is in force: a maintenance window that comes back; nil for the whole day.
    package let hours: HoursWindow?

    package init(
        behavior: String?, subject: String?, reason: String, owner: String, from: Int64 = .min, expires: Int64,
        hours: HoursWindow? = nil
    ) {
        self.behavior = behavior
        self.subject = subject
        self.reason = reason
        self.owner = owner
        self.from = from
        self.expires = expires
        self.hours = hours
    }

    /// Whether it is in force at `time` for a violation of `behavior` by `subject`.
    package func covers(behavior: String, subject: String, at time: Int64) -> Bool {
        guard from <= time, time < expires, self.behavior == nil || self.behavior == behavior,
            hours?.contains(time) ?? true
        else { return false }
        return self.subject.map { NameGlob.matches($0, subject) } ?? true
    }
}

/// Names with `*` for any run of characters.
package enum NameGlob {
    package static func matches(_ pattern: String, _ name: String) -> Bool {
        let pattern = Array(pattern.utf8)
        let name = Array(name.utf8)
        var (p, n) = (0, 0)
        // Where to go on when what follows the last `*` does not fit.
        var retry: (p: Int, n: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == 0x2A {
                retry = (p + 1, n)
                p += 1
            } else if p < pattern.count, pattern[p] == name[n] {
                p += 1
                n += 1
            } else if let last = retry {
                p = last.p
                n = last.n + 1
                retry = (last.p, n)
            } else {
                return false
            }
        }
        while p < pattern.count, pattern[p] == 0x2A { p += 1 }
        return p == pattern.count
    }
}
