import Foundation

/// Which crashes a test goes through. Each follows from its number alone:
///
/// - `PICKET_CRASH_SEED=1868` runs that one, as a failure names it (`script/bench crash 1868`);
/// - `PICKET_CRASH_SEEDS=10000` runs the first so many, more than a test has time for (`script/bench crash`).
enum CrashSeeds {
    /// The seeds to run: the first `count`, and `always`, which lost something once.
    static func all(_ count: Int, always: [Int] = []) -> [Int] {
        let environment = ProcessInfo.processInfo.environment
        if let one = Int(environment["PICKET_CRASH_SEED"] ?? "") { return [one] }
        let first = Int(environment["PICKET_CRASH_SEEDS"] ?? "") ?? count
        return Array(0..<first) + always.filter { $0 >= first }
    }
}
