/// The tests of a profile file as they are written: what prints a profile in another form keeps them, comments and all.
package enum TestSection {
    /// What a file holds of tests.
    package enum Found: Equatable {
        case none
        /// The lines of the key `tests`, with those of comments right above it.
        case lines(String)
        /// There are some, but not as lines of their own, as in JSON.
        case inside
    }

    /// Looks for the tests in the text of a profile file.
    package static func find(in text: String) -> Found {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.last == "\r" ? $0.dropLast() : $0
        }
        guard let key = lines.firstIndex(where: isKey) else {
            let collector = DiagnosticCollector(source: SourceText(file: "", text: text))
            guard case .mapping(let entries)? = YAMLDocument.read(collector)?.content else { return .none }
            return entries.contains { $0.key == "tests" } ? .inside : .none
        }
        var start = key
        while start > 0, lines[start - 1].hasPrefix("#") { start -= 1 }
        // Another key at the margin ends them; lists may stand there too, and comments and empty lines belong to what they stand in.
        var end =
            lines[(key + 1)...].firstIndex { line in
                guard let first = line.first else { return false }
                return first != " " && first != "#" && first != "-"
            } ?? lines.count
        while end > key + 1, lines[end - 1].isEmpty || lines[end - 1].hasPrefix("#") { end -= 1 }
        return .lines(lines[start..<end].joined(separator: "\n"))
    }

    private static func isKey(_ line: Substring) -> Bool {
        guard line.hasPrefix("tests:") else { return false }
        return line.dropFirst(6).first.map { $0 == " " } ?? true
    }
}
