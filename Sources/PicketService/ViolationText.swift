package import PicketEvents

/// A violation as one line for a person.
package enum ViolationText {
    /// `2026-11-18T11:27:03.120Z  ALARM    high      sensor-000614  thermostat/message-flood: 121 messages sent …`.
    ///
    /// - Parameter colors: whether to use ANSI colors.
    package static func line(_ violation: Violation, colors: Bool = false) -> String {
        let (word, color) =
            switch violation.event {
            case .inAlarm: ("ALARM  ", violation.severity == "low" ? "33" : "31;1")
            case .alarmCleared: ("clear  ", "32")
            case .alarmInvalidated: ("invalid", "2")
            }
        let painted = colors ? "\u{1B}[\(color)m\(word)\u{1B}[0m" : word
        let subject = printable(violation.subject)
        let who = violation.subjectKind == .device ? subject : "\(violation.subjectKind.rawValue) \(subject)"
        let severity = violation.severity.padding(to: 8)
        return
            "\(Timestamp.format(violation.time))  \(painted)  \(severity)  \(who)  "
            + "\(printable(violation.profile))/\(violation.behavior): \(violation.why)\(mark(violation))"
    }

    /// Why nobody acts on it.
    private static func mark(_ violation: Violation) -> String {
        if violation.isSuppressed { return " (suppressed)" }
        if let reason = violation.excepted { return " (excepted: \(printable(reason)))" }
        return violation.silenced.map { " (silenced: \(printable($0)))" } ?? ""
    }

    /// `text` with what a terminal would act on made visible: control characters and marks that turn the direction of
    /// writing.
    package static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHostile) else { return text }
        return text.unicodeScalars.map { isHostile($0) ? "\\u{\(String($0.value, radix: 16))}" : String($0) }.joined()
    }

    private static func isHostile(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

extension String {
    /// The text with spaces behind it up to `width` characters.
    func padding(to width: Int) -> String {
        count >= width ? self : self + String(repeating: " ", count: width - count)
    }
}
