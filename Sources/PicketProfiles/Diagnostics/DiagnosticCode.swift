/// What a diagnostic is about. The code is stable: it may be searched for, linked to and silenced by name, so a number
/// is never used again for something else.
package enum DiagnosticCode: String, CaseIterable, Codable, Sendable {
    // Files.
    /// A file or folder could not be read.
    case unreadable = "P001"
    /// A file is larger than ``ProfileLimits/fileBytes``, or ``ProfileLimits/fleetBytes``.
    case fileTooLarge = "P002"
    /// A file is not UTF-8.
    case notUTF8 = "P003"
    /// The text is not YAML or JSON.
    case syntax = "P004"
    /// An anchor, an alias or a merge key: what a reader does not see on the line is not said there.
    case alias = "P005"
    /// An explicit YAML tag such as `!!binary`.
    case tag = "P006"
    /// A key stands twice in one mapping.
    case duplicateKey = "P007"
    /// Something that should hold something: a file, a folder, a list.
    case empty = "P008"
    /// A file of another kind than a profile.
    case notAProfile = "P009"

    // Structure.
    /// A key that has no meaning where it stands.
    case unknownKey = "P010"
    /// A key that must be there is not.
    case missingKey = "P011"
    /// A list where text is expected, and the like.
    case wrongType = "P012"
    /// A name that is empty, too long or holds characters it may not.
    case badName = "P013"
    /// A name that is already taken.
    case duplicateName = "P014"
    /// Two keys that say the same thing twice.
    case conflict = "P015"
    /// More of something than the limit allows.
    case tooMany = "P016"

    // What is measured and when it alarms.
    /// A metric that does not exist.
    case unknownMetric = "P020"
    /// Words that do not make a limit.
    case alarmSyntax = "P021"
    /// A unit that does not fit the metric, or that does not exist.
    case unit = "P022"
    /// A duration that cannot be read, or is too short or too long.
    case duration = "P023"
    /// A duration and the time between two looks at it do not fit together.
    case window = "P024"
    /// A number outside of its range.
    case numberRange = "P025"
    /// A limit that every value violates, or none.
    case pointlessLimit = "P026"
    /// A severity that does not exist, or steps out of order.
    case severity = "P027"
    /// A kind of subject that does not exist.
    case unknownSubject = "P028"
    /// A limit on a number of events says nothing without a duration.
    case durationNeeded = "P029"

    // Filters.
    /// A field that `where` does not know.
    case unknownField = "P030"
    /// A modifier that does not exist, or not for this field.
    case modifier = "P031"
    /// A value outside of a closed list: a kind, a reason, an identity.
    case unknownValue = "P032"
    /// A topic filter that MQTT would refuse.
    case topicFilter = "P033"
    /// A regular expression that cannot be read.
    case regularExpression = "P034"
    /// A feature of regular expressions that could cost unbounded time.
    case irregular = "P035"
    /// A regular expression whose automaton would be too large.
    case automatonTooLarge = "P036"
    /// An address or address range that cannot be read.
    case address = "P037"
    /// A filter that no event can pass, or that cannot see its field.
    case neverMatches = "P038"
    /// A placeholder such as `{device}` that does not exist, or stands where it cannot be filled in.
    case placeholder = "P039"

    /// A time of day or a zone that cannot be read.
    case hours = "P043"

    // Targets.
    /// A target that cannot be read.
    case target = "P040"
    /// A target that only the fleet file can resolve.
    case needsFleet = "P041"

    // What is left out, and said.
    /// What a profile refers to and is not here: another output of AWS.
    case missingPiece = "P042"
    /// A part of a file that this version does nothing with.
    case notYet = "P050"
    /// A key of AWS that has no effect here.
    case noEffect = "P061"
    /// An AWS profile whose targets are in another command's output.
    case targetsAssumed = "P062"
    /// AWS's machine learning, which becomes a limit that is learned and explained here.
    case learnedInstead = "P063"
    /// An exception that has expired and excuses nothing any more.
    case expired = "P064"
}
