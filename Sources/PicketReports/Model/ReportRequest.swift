package import PicketLog
package import PicketProfiles

/// What somebody wants a report of.
package struct ReportRequest: Sendable {
    /// The log folder.
    package var folder: String
    package var framework: ComplianceFramework
    /// The first `received` time, Unix ms; nil for the beginning of the log.
    package var from: Int64?
    /// The `received` time before which records count, Unix ms; nil for the end of the log.
    package var to: Int64?
    /// Keys that the caller trusts; empty believes those of the log, and the report says so.
    package var trusted: [NoteKey] = []
    /// The version of this program.
    package var version: String
    /// The profiles whose copy has this hash; nil when it is not in the log folder, or is not what its name says.
    package var profiles: @Sendable (_ sha256: String) -> Kept?

    /// What was in force together.
    package struct Kept: Sendable {
        package var profiles: [SecurityProfile]
        /// The devices that the fleet file names.
        package var devices: Set<String>

        package init(profiles: [SecurityProfile], devices: Set<String>) {
            self.profiles = profiles
            self.devices = devices
        }
    }

    package init(
        folder: String, framework: ComplianceFramework, version: String,
        profiles: @escaping @Sendable (_ sha256: String) -> Kept?
    ) {
        self.folder = folder
        self.framework = framework
        self.version = version
        self.profiles = profiles
    }
}

/// Why there is no report.
package enum ReportRefusal: Error, CustomStringConvertible {
    /// The log is not what was signed, or proves nothing.
    case notSound(VerifyReport)
    /// There are no signed records in the period.
    case empty(String)

    package var description: String {
        switch self {
        case .notSound(let report):
            let places = report.findings.map { "\n  \("\($0.verdict)".uppercased()) \($0.description)" }.joined()
            return "no report of a log that is not sound:\(places)\n"
                + "Run `picket log verify`, and restore the files from a copy. A log that was never signed proves nothing; "
                + "`picket run` signs its own"
        case .empty(let what): return what
        }
    }
}
