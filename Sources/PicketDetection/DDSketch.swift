import PicketEvents

/// A distribution of whole numbers whose quantiles are right within one hundredth of their value.
///
/// The idea is that of DDSketch (Masson, Rim, Lee, "DDSketch: A fast and fully-mergeable quantile sketch with
/// relative-error guarantees", VLDB 2019): buckets whose widths grow with the values. The buckets here are made of whole
/// numbers alone, without a logarithm, so that every machine finds the same.
struct DDSketch: Sendable, Equatable {
    /// One bucket with something in it.
    struct Bucket: Sendable, Equatable {
        /// Its number in ``bounds``; 0 holds everything below 1.
        var number: UInt16
        var count: UInt32
    }

    /// In ascending order.
    private(set) var buckets: [Bucket] = []
    /// The values that were added.
    private(set) var count = 0

    /// For each bucket from 1 on, its smallest value, and the value that stands for all of it: what lies in the bucket is
    /// at most one hundredth above or below.
    private static let bounds: [(low: Int64, middle: Int64)] = {
        var bounds: [(low: Int64, middle: Int64)] = []
        var low: Int64 = 1
        while low < Aggregate.largest {
            let middle = low + low / 100
            bounds.append((low, middle))
            // The largest value v with v - middle <= v / 100.
            low = middle + middle / 99 + 1
        }
        return bounds
    }()

    /// The bucket of a value.
    private static func number(_ value: Int64) -> UInt16 {
        guard value >= 1 else { return 0 }
        var low = 0
        var high = bounds.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if bounds[middle].low <= value { low = middle } else { high = middle }
        }
        return UInt16(low + 1)
    }

    /// Adds a value.
    mutating func add(_ value: Int64) { add(Bucket(number: DDSketch.number(value), count: 1)) }

    /// Adds all values of `other`.
    mutating func merge(_ other: DDSketch) {
        for bucket in other.buckets { add(bucket) }
    }

    private mutating func add(_ bucket: Bucket) {
        count += Int(bucket.count)
        let index = buckets.firstIndex { $0.number >= bucket.number } ?? buckets.count
        if index < buckets.count, buckets[index].number == bucket.number {
            buckets[index].count += bucket.count
        } else {
            buckets.insert(bucket, at: index)
        }
    }

    /// The value of rank `rank`, from 1, in ascending order; nil when there are fewer.
    func value(ofRank rank: Int) -> Int64? {
        var seen = 0
        for bucket in buckets {
            seen += Int(bucket.count)
            if seen >= rank { return bucket.number == 0 ? 0 : DDSketch.bounds[Int(bucket.number) - 1].middle }
        }
        return nil
    }
}

extension DDSketch: StateElement {
    static var blank: DDSketch { DDSketch() }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("buckets") { coder in
            try coder.code(list: &buckets, blank: Bucket(number: 0, count: 0)) { bucket, coder in
                var number = UInt32(bucket.number)
                try number.code(&coder)
                try bucket.count.code(&coder)
                guard number <= DDSketch.bounds.count else { throw StateProblem("there is no bucket \(number)") }
                bucket.number = UInt16(number)
            }
        }
        try coder.field("count", &count)
    }
}
