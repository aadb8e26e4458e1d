/// Why the certificate authority could not do what was asked, and what to do about it.
package struct AuthorityError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, a clause without a full stop.
    package var problem: String
    package var remedy: String

    package init(problem: String, remedy: String) {
        self.problem = problem
        self.remedy = remedy
    }

    package var description: String { "\(problem). \(remedy.prefix(1).uppercased())\(remedy.dropFirst())" }
}
