/// How long to wait before the next attempt: a random time, so that a thousand clients that lost one broker do not come
/// back in one instant ("full jitter": between nothing and a bound that doubles).
package struct Backoff: Sendable, Equatable {
    package var first: Duration
    package var longest: Duration

    package init(first: Duration = .milliseconds(250), longest: Duration = .seconds(30)) {
        self.first = first
        self.longest = longest
    }

    /// The upper bound after `failures` attempts in a row that failed.
    package func bound(failures: Int) -> Duration {
        var bound = first
        for _ in 0..<max(failures, 0) where bound < longest { bound *= 2 }
        return min(bound, longest)
    }

    /// The wait after `failures` attempts in a row that failed. At least a twentieth of the bound: a broker that accepts
    /// and closes at once is not asked a thousand times a second.
    package func delay(failures: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        bound(failures: failures) * Double.random(in: 0.05...1, using: &generator)
    }
}
