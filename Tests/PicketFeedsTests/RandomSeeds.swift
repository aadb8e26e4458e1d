import Foundation

/// The seeds of a random test: some that are always the same, and a new one; or the one that `PICKET_SEED=n` names, to
/// repeat a failure.
enum RandomSeeds {
    static var all: [UInt64] {
        if let seed = ProcessInfo.processInfo.environment["PICKET_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        return [1, 2, 3, UInt64.random(in: 1_000...999_999_999)]
    }
}
