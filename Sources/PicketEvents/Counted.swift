/// A number with what it counts, for a person.
package enum Counted {
    /// `1 finding`, `2 findings`; where the plural is another word, `plural` says it.
    package static func text(_ count: Int, _ singular: String, _ plural: String? = nil) -> String {
        "\(count) \(count == 1 ? singular : plural ?? singular + "s")"
    }
}
