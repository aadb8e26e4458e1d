/// The limits that bound what a hostile or broken input can cost. Each is named here with its reason, and nowhere
/// else written as a number.
package enum Limits {
    /// The longest record in the log, in bytes. The frame format holds more; a record that large is a fault.
    package static let recordBytes = 1 << 20

    /// The longest input line, in bytes. The largest real line seen is under 4 KiB; MQTT's own limits for a client id
    /// and a topic (64 KiB each) are never reached by a fleet that works.
    package static let lineBytes = 64 << 10

    /// The deepest nesting of an input line. Real feeds nest at most four levels.
    package static let nesting = 16

    /// Keys of one input line that are not known. Their names are kept, so their number must be bounded.
    package static let unknownKeys = 32

    /// The longest name of an unknown key that is kept as it is; longer or stranger names are kept as `?`, because a
    /// name could itself carry a secret.
    package static let unknownKeyBytes = 48

    /// Events in one batch: enough that the cost of a batch is nothing per event, few enough to stay in the cache.
    package static let batchEvents = 8_192

    /// Bytes read from a source at once. Half a core's second-level cache; larger blocks measured slower.
    package static let blockBytes = 256 << 10

    /// `rejected` records per second and feed; beyond, one summary with the exact count follows.
    package static let rejectedPerSecond = 100

    /// The earliest and latest readable time, as Unix milliseconds: 2000-01-01 and 2100-01-01 (DESIGN §5).
    package static let earliestTime: Int64 = 946_684_800_000
    package static let latestTime: Int64 = 4_102_444_800_000

    /// A time further ahead of the newest accepted one needs the next line to agree (DESIGN §5), in milliseconds.
    package static let timeJump: Int64 = 24 * 3_600_000

    /// A live time further ahead of the wall clock is marked `clock: ahead`, in milliseconds.
    package static let clockAhead: Int64 = 5 * 60_000

    /// How long a feed may say nothing before it counts as silent, where its lateness is not longer, in milliseconds: as long
    /// as the watermark waits for it (DESIGN §5). Less would call every pause of a small fleet an outage.
    package static let silentAfter: Int64 = 30_000

    /// Subjects of one kind that are not registered. At about 1 KiB each this is the memory of a small server.
    package static let unregisteredSubjects = 1_000_000

    /// Distinct values (topics, addresses, users, clients) whose filter results are remembered, per column. When it is
    /// reached the memory is cleared and filled again: results stay the same, only slower.
    package static let rememberedValues = 262_144

    /// How far distinct values are counted exactly; beyond, a count says only that there are more. Who talks to a thousand
    /// topics needs no better number.
    package static let distinctValues: Int64 = 1_024

    /// A subject without an event for this long is forgotten (AWS Device Defender: 2 days), in milliseconds.
    package static let forgetAfter: Int64 = 2 * 24 * 3_600_000
}
