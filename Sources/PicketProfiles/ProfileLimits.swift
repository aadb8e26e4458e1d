/// The limits that bound what a profile can cost, each with its reason.
package enum ProfileLimits {
    /// The largest profile file, in bytes. A thousand behaviors in AWS's long form fit in half of it.
    package static let fileBytes = 1 << 20

    /// The largest fleet file, and the largest output of `aws iot list-things` and the like, in bytes. A hundred thousand
    /// devices with certificate, user and five attributes are 25 MB; beyond twice that it is no file that anybody keeps by hand.
    /// The copy that the log keeps has a limit of its own.
    package static let fleetBytes = 64 << 20

    /// Diagnostics kept of one file. Beyond, they are all one mistake or an attack.
    package static let diagnosticsPerFile = 1_000

    /// Behaviors in one profile; ten times AWS's quota, so that no file of theirs is refused.
    package static let behaviors = 1_000

    /// Values in one entry of `where`; AWS's quota of value elements in a whole profile.
    package static let filterValues = 1_000

    /// The longest text to compare with, in bytes. With the longest topic (64 KiB) it bounds what `contains` costs.
    package static let filterValueBytes = 1_024

    /// The longest device name that `{device}` stands for, in bytes (AWS: 128). A longer one matches no pattern that
    /// holds the placeholder; this too bounds what one comparison costs.
    package static let placeholderBytes = 256

    /// The longest name of a profile, behavior or playbook, in characters (AWS: 128).
    package static let nameLength = 128

    /// The longest duration, in seconds: seven days. Longer windows need more memory than a fleet can give them.
    package static let durationSeconds = 7 * 86_400

    /// The window of `alarm: any` where none is said, in seconds: after so long without another such event the violation ends,
    /// and the next one is told again. Violations of `without` end so too.
    package static let quietSeconds = 600

    /// The most panes of a window (DESIGN §5): what a boundary costs grows with it.
    package static let panes = 120

    /// Datapoints in a row to alarm or to clear: AWS's range.
    package static let consecutiveDatapoints = 1...10

    /// Sizes of networks that behaviors of one run can be evaluated for. What an event names in each is kept beside it while
    /// it is handled; nobody has use for more than a few.
    package static let networkSizes = 10

    /// States of the automaton of one regular expression: they fit in four machine words, so that a step is a handful
    /// of instructions and needs no memory.
    package static let automatonStates = 256

    /// The deepest nesting of groups in a regular expression; deeper ones are made by machines to break parsers.
    package static let expressionNesting = 32
}
