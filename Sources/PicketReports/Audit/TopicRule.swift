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
    private let whole: TopicFilter

    /// - Parameter filter: as Mosquitto writes it, with `%u` for the user name and `%c` for the client id.
    init(place: String, filter: String, mayWrite: Bool, mayRead: Bool) {
        self.place = place
        let filter = filter.replacing("%u", with: "+").replacing("%c", with: "+")
        self.filter = filter
        self.mayWrite = mayWrite
        self.mayRead = mayRead
        // `%u` may stand beside other text in a level, where MQTT has no wildcard: the whole level counts then.
        let levels = filter.split(separator: "/", omittingEmptySubsequences: false)
        let text = levels.map { $0.contains("+") ? "+" : String($0) }.joined(separator: "/")
        pattern = TopicPattern(filter: text)
        whole = TopicFilter(text)
    }

    /// Whether the topic is among those allowed.
    func covers(_ topic: String) -> Bool { pattern?.matches(topic) ?? false }

    /// Whether somebody who subscribed to `filter` can have got a message that this rule allows.
    func overlaps(_ filter: String) -> Bool { whole.overlaps(TopicFilter(filter)) }
}

/// A topic filter as its levels, to compare it with another one.
struct TopicFilter: Equatable, Sendable {
    private let levels: [Substring]

    init(_ text: String) {
        // Whoever shares a subscription gets the messages of what follows the name of the share.
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        levels = parts.first == "$share" && parts.count > 2 ? Array(parts.dropFirst(2)) : parts
    }

    /// Whether it matches the topics of everybody: its first level is a wildcard.
    var isEverything: Bool { levels.first == "#" || levels.first == "+" }

    /// Whether there is a topic that both match.
    func overlaps(_ other: TopicFilter) -> Bool {
        for place in 0... {
            let (mine, theirs) = (level(place), other.level(place))
            if mine == "#" || theirs == "#" { return true }
            guard let mine, let theirs else { return mine == nil && theirs == nil }
            guard mine == "+" || theirs == "+" || mine == theirs else { return false }
        }
        return false
    }

    /// Whether it matches every topic that `other` matches.
    func covers(_ other: TopicFilter) -> Bool {
        for place in 0... {
            let (mine, theirs) = (level(place), other.level(place))
            // What begins with `$` no wildcard matches.
            if place == 0, let theirs, theirs.hasPrefix("$"), mine == "#" || mine == "+" { return false }
            if mine == "#" { return true }
            guard let mine, let theirs else { return mine == nil && theirs == nil }
            guard theirs != "#", mine == "+" || mine == theirs else { return false }
        }
        return false
    }

    private func level(_ place: Int) -> Substring? { place < levels.count ? levels[place] : nil }
}
