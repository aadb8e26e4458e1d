/// The limits of a report.
package enum ReportLimits {
    /// An event that was received so much later than its own time counts as delayed, in milliseconds: the lateness that
    /// a feed has by default.
    static let delay: Int64 = 10_000
    /// Violations, decisions, mitigations and the like that are listed one by one; beyond that they are counted. A page
    /// with more is read by nobody.
    static let listed = 2_000
    /// Records that are proved one by one. A proof of a log of a billion records is 1 KB.
    static let proofs = 5_000
    /// Names in a breakdown.
    static let names = 20
    /// Samples of records for each control.
    static let samples = 8
}
