import PicketEvents

/// Times as a person writes them in a query.
package enum QueryTime {
    /// Unix milliseconds of an RFC 3339 time, or of the first moment of a day in UTC (`2026-11-18`); nil for anything else.
    package static func parse(_ text: String) -> Int64? {
        Timestamp.parse(text) ?? (text.utf8.count == 10 ? Timestamp.parse(text + "T00:00:00Z") : nil)
    }
}
