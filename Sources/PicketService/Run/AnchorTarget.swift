/// Where each checkpoint of the log is copied to, out of reach of whoever controls this machine later.
package enum AnchorTarget: Equatable, Sendable {
    /// A folder, for example of another machine's file system: a file for each checkpoint, named by its size.
    case folder(String)
    /// A program and its arguments, started for each checkpoint, which it reads from its standard input.
    case command([String])
}
