/// Says in plain words what libYAML means. Most of its problems with a profile are one and the same mistake: a text
/// that needs quotes.
enum YAMLProblem {
    /// - Parameters:
    ///   - problem: libYAML's words for what it found.
    ///   - context: its words for what it was reading.
    static func explain(problem: String, context: String) -> (message: String, help: String?) {
        switch (problem, context) {
        case (_, "while scanning a block scalar"):
            return (
                "`>` and `|` at the start of a value begin a block of text",
                "put a comparison in quotes, as in `alarm: \"> 120 in 5m\"`, or use words: `more than 120 in 5m`"
            )
        case ("found undefined alias", _):
            return ("`*` at the start of a value names an alias", "put a text that begins with `*` in quotes")
        case ("found character that cannot start any token", _):
            return (
                "this character cannot begin a value",
                "indent with spaces, not tabs; put a text that begins with `@`, `%` or a backtick in quotes"
            )
        case ("mapping values are not allowed in this context", _):
            return ("a `:` with a space behind it was not expected here", "put a text with `: ` in quotes")
        case ("could not find expected ':'", _):
            return ("this line has no `:`", "every line of a mapping reads `key: value`")
        case ("did not find expected ',' or ']'", _):
            return (
                "this list is not closed",
                "a list reads `[a, b]`; put a text with `{ } [ ] ,` in quotes, as in `[\"telemetry/{device}/#\"]`"
            )
        case ("did not find expected ',' or '}'", _):
            return (
                "this mapping is not closed", "a mapping reads `{ a: 1, b: 2 }`; put a text with `{ } [ ] ,` in quotes"
            )
        case ("did not find expected key", _):
            return (
                "expected a key with the indentation of the lines above",
                "put a text that goes on behind a quote or a bracket in quotes as a whole"
            )
        case ("did not find expected '-' indicator", _):
            return ("expected another item of the list above", "its items begin with `- ` in the same column")
        case ("but found another document", _):
            return ("a second document begins here", "a file holds one profile")
        case _ where problem.hasPrefix("found unknown escape character"):
            return (
                "this is no escape in double quotes",
                "single quotes take backslashes as they are, as in `'\\d+'`"
            )
        case _ where problem.hasPrefix("Maximum nesting level reached"):
            return ("this is nested too deep", nil)
        case ("found unexpected end of stream", _):
            return ("a quote is never closed", nil)
        default:
            return (context.isEmpty ? problem : "\(problem) (\(context))", nil)
        }
    }
}
