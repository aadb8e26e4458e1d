/// Finds aliases before the YAML library resolves them: a few lines of nested aliases can stand for more nodes than
/// any memory holds.
enum AliasScan {
    /// Whether no alias with an anchor before it stands in the text; a found one is reported.
    ///
    /// Texts in quotes are not told apart. To be refused for nothing, a file would need ` &word` and then ` *word`
    /// inside of its texts.
    static func findsNone(in collector: DiagnosticCollector) -> Bool {
        var anchors: Set<Substring> = []
        var line = 1
        while let text = collector.source.line(line) {
            var previous: Character = " "
            var index = text.startIndex
            while index < text.endIndex {
                let character = text[index]
                let next = text.index(after: index)
                if character == "&" || character == "*", previous.isWhitespace || "[{,:".contains(previous) {
                    let name = text[next...].prefix { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
                    if character == "&", !name.isEmpty {
                        anchors.insert(Substring(String(name)))
                    } else if anchors.contains(name) {
                        let column = text[..<index].unicodeScalars.count + 1
                        collector.report(
                            .alias, at: Place(line: line, column: column, length: name.unicodeScalars.count + 1),
                            "aliases are not allowed", help: "write the value out where it is used")
                        return false
                    }
                }
                previous = character
                index = next
            }
            line += 1
        }
        return true
    }
}
