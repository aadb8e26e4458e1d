import PicketEvents

/// Times as records give them.
package enum RecordTime {
    /// Unix milliseconds of `value`: RFC 3339 text, or a number since 1970 in seconds, milliseconds, microseconds or
    /// nanoseconds, also with a fraction.
    ///
    /// - Throws: when it is no time, or none of this century.
    package static func read(_ value: JSONValue?) throws(RecordProblem) -> Int64? {
        guard let value else { return nil }
        let time: Int64? =
            switch value {
            case .integer(let number): Timestamp.fromEpoch(number)
            case .decimal(let text): epoch(text)
            case .string(let text): Timestamp.parse(text) ?? Int64(text).flatMap { Timestamp.fromEpoch($0) }
            default: nil
            }
        guard let time else { throw RecordProblem(.badTime) }
        guard time >= Limits.earliestTime, time < Limits.latestTime else { throw RecordProblem(.timeOutOfRange) }
        return time
    }

    /// As ``read(_:)``, of a value that must be there.
    package static func need(_ value: JSONValue?) throws(RecordProblem) -> Int64 {
        guard let time = try read(value) else { throw RecordProblem(.noTime) }
        return time
    }

    private static func epoch(_ text: String) -> Int64? {
        guard let number = Double(text), number >= 0, number < 1e18 else { return nil }
        // A fraction is there for what is finer than a second.
        return number < 1e11 ? Int64((number * 1_000).rounded()) : Timestamp.fromEpoch(Int64(number))
    }
}
