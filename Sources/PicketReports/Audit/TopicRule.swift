import PicketProfiles

/// A permission to use topics, wherever it was found.
struct TopicRule: Sendable {
    /// Where it stands: `acl:12`.
    let place: String
    /// The topic filter, with `+` where the broker fills in a name.
    let filter: String
    let mayWrite: Bool
    let mayRead: Bool
    private let pattern: TopicPattern?

    /// - Parameter filter: as Mosquitto writes it, with `%u` for the user name and `%c` for the client id.
    init(place: String, filter: String, mayWrite: Bool, mayRead: Bool) {
        self.place = place
        let filter = filter.replacing("%u", with: "+").replacing("%c", with: "+")
        self.filter = filter
        self.mayWrite = mayWrite
        self.mayRead = mayRead
        // `%u` may stand beside other text in a level, where MQTT has no wildcard: the whole level counts then.
        let levels = filter.split(separator: "/", omittingEmptySubsequences: false)
        let whole = levels.map { $0.contains("+") ? "+" : String($0) }.joined(separator: "/")
        pattern = TopicPattern(filter: whole)
    }

    /// Whether the topic is among those allowed.
    func covers(_ topic: String) -> Bool { pattern?.matches(topic) ?? false }
}
