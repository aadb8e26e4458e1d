import NIOSSL

/// How a connection is encrypted, and who proves what. The broker's certificate is always verified.
package struct MQTTTLS: Sendable, Equatable {
    /// Whether the broker's certificate must name the host.
    package enum Verification: Sendable, Equatable {
        case full
        /// Any name, but a trusted authority: for a broker that is reached under a name its certificate does not know.
        case withoutHostname
    }

    /// A file of trusted authorities in PEM; nil for those of the system.
    package var authorities: String?
    /// A file with the client's certificate chain in PEM.
    package var certificate: String?
    /// A file with its private key in PEM.
    package var key: String?
    package var verification = Verification.full
    /// The name that the broker's certificate must carry, where that is not the host.
    package var serverName: String?

    package init(
        authorities: String? = nil, certificate: String? = nil, key: String? = nil, serverName: String? = nil
    ) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
        self.serverName = serverName
    }

    /// Reads the files. Done for each connection, so that a renewed certificate is used from then on.
    ///
    /// - Throws: ``MQTTError/configuration(_:)`` with the file that cannot be read.
    func context() throws(MQTTError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = verification == .full ? .fullVerification : .noHostnameVerification
        if let authorities {
            configuration.trustRoots = .certificates(
                try MQTTTLS.read(authorities, "authorities") { try NIOSSLCertificate.fromPEMFile($0) })
        }
        switch (certificate, key) {
        case (let certificate?, let key?):
            configuration.certificateChain = try MQTTTLS.read(certificate, "the client certificate") { path in
                try NIOSSLCertificate.fromPEMFile(path).map { .certificate($0) }
            }
            configuration.privateKey = .privateKey(
                try MQTTTLS.read(key, "the client's key") { try NIOSSLPrivateKey(file: $0, format: .pem) })
        case (nil, nil): break
        default: throw .configuration("a client certificate needs its key, and a key its certificate")
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            let files = [certificate, key].compactMap { $0 }.joined(separator: " and ")
            throw .configuration(
                "TLS cannot be set up\(files.isEmpty ? "" : " with \(files)"): \(TLSProblem.words(of: error) ?? "\(error)")"
            )
        }
    }

    private static func read<Value>(
        _ path: String, _ what: String, _ load: (String) throws -> Value
    ) throws(MQTTError) -> Value {
        do {
            return try load(path)
        } catch {
            throw .configuration("\(path): \(what) cannot be read as PEM (\(error))")
        }
    }
}
