package import PicketProfiles

/// A standard as far as a record of device behavior can say something about it. It is data: a file in
/// `profiles/compliance/` that anybody can read, correct and extend.
package struct ComplianceFramework: Equatable, Sendable {
    /// One requirement of the standard.
    package struct Control: Equatable, Sendable {
        /// As the standard numbers it.
        package var id: String
        package var title: String
        /// What it asks for, in our own words.
        package var asks: String
        /// Mandatory, recommended or conditional, as the standard says; nil where it does not.
        package var status: String?
        /// Behaviors on these metrics contribute, besides those of profiles that name the control.
        package var metrics: [String]
        /// Audit checks that contribute.
        package var checks: [String]
        package var records: [RecordSelector]
        /// That the log is what was signed contributes by itself.
        package var integrity = false
        /// What that evidence shows.
        package var shows: String
        /// What it does not show.
        package var doesNotShow: String
    }

    package var id: String
    package var title: String
    package var version: String
    /// Where the standard can be had.
    package var source: String
    package var controls: [Control]
    /// SHA-256 of the file, in hexadecimal.
    package var sha256: String

    /// What a profile says of requirements that this framework does not have, in words.
    package func unknownControls(in profile: SecurityProfile) -> [String] {
        let known = Set(controls.map(\.id))
        return profile.controls.filter { $0.hasPrefix("\(id):") }.map { String($0.dropFirst(id.count + 1)) }
            .filter { !known.contains($0) }.map { name in
                let nearest = DidYouMean.closest(to: name, among: controls.map(\.id))
                return "it names `\(id):\(name)`, and \(title) has no such requirement here"
                    + (nearest.map { "; did you mean `\($0)`?" } ?? "")
            }
    }
}
