/// A test that stands in a profile: events, and the violations that they must cause.
package struct ProfileTest: Sendable {
    /// A violation that must come, or an end of one.
    package struct Expectation: Sendable {
        /// When, in Unix milliseconds; nil where the test does not say.
        package var time: Int64?
        /// `in-alarm`, `alarm-cleared` or `alarm-invalidated`.
        package var event: String
        package var behavior: String
        /// The name of the device, user, address … it is about; nil where the test does not say.
        package var subject: String?
        /// As the profile's author would write it: `121`, `12.5`.
        package var value: String?
        package var place: Place
    }

    package var name: String
    package var place: Place
    /// The feed, as lines of JSON in the order in which they arrive, cut where Picket is started anew.
    package var feed: [[UInt8]]
    package var expectations: [Expectation]
    /// Which devices there are; nil where every device that appears is meant.
    package var fleet: Fleet?

    /// The moment that `+0s` stands for: 2026-01-05T00:00:00Z, a Monday.
    package static let start: Int64 = 1_767_571_200_000
}
