/// A value of a YAML or JSON file, with the place it stands at.
package struct YAMLNode: Equatable, Sendable {
    /// What the value is.
    package enum Content: Equatable, Sendable {
        /// Text, a number or a flag; `isPlain` when it stands without quotes.
        case scalar(String, isPlain: Bool)
        case list([YAMLNode])
        case mapping([Entry])
    }

    /// One key of a mapping with its value.
    package struct Entry: Equatable, Sendable {
        package let key: String
        package let keyPlace: Place
        package let value: YAMLNode

        package init(key: String, keyPlace: Place, value: YAMLNode) {
            self.key = key
            self.keyPlace = keyPlace
            self.value = value
        }
    }

    package let content: Content
    package let place: Place

    package init(_ content: Content, at place: Place) {
        self.content = content
        self.place = place
    }

    /// The text of a scalar that is not null.
    package var text: String? {
        guard case .scalar(let text, _) = content, !isNull else { return nil }
        return text
    }

    /// Whether nothing was written, or `null`.
    package var isNull: Bool {
        guard case .scalar(let text, let isPlain) = content, isPlain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// A whole number written without quotes.
    package var integer: Int64? {
        guard case .scalar(let text, isPlain: true) = content else { return nil }
        return Int64(text)
    }

    /// `true` or `false` written without quotes. YAML's old `yes` and `on` are not read: they are as likely to be text.
    package var flag: Bool? {
        guard case .scalar(let text, isPlain: true) = content else { return nil }
        return ["true": true, "false": false][text.lowercased()]
    }

    /// What the value is, for messages: `a list`.
    package var kindText: String {
        switch content {
        case .scalar where isNull: "nothing"
        case .scalar(let text, let isPlain):
            flag != nil ? "true or false" : isPlain && Double(text) != nil ? "the number \(text)" : "text"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}
