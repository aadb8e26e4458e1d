/// Where each checkpoint of the log is copied to, out of reach of whoever controls this machine later.
package enum AnchorTarget: Equatable, Sendable {
    /// A folder, for example of another machine's file system: a file for each checkpoint, named by its size.
    case folder(String)
    /// A program and its arguments, started for each checkpoint, which it reads from its standard input.
    case command([String])
    /// A server that each checkpoint is posted to.
    case http(Server)

    /// How a server is reached.
    package struct Server: Equatable, Sendable {
        /// `http://` or `https://`.
        package var url: String
        /// A file whose content is sent as the `Authorization` header; read for every checkpoint, so that it may change.
        package var authorization: String?
        /// A file with the certificates (PEM) that the server's must come from; nil for those of the system.
        package var authorities: String?

        package init(url: String, authorization: String? = nil, authorities: String? = nil) {
            self.url = url
            self.authorization = authorization
            self.authorities = authorities
        }
    }
}
