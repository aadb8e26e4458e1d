import PicketProfiles

/// The files in PEM with which a connection to a broker is secured, as a configuration names them.
struct TLSFiles {
    typealias File = (text: String, place: Place)

    /// Authorities that are trusted.
    let authorities: File?
    /// Our certificate and its key: both or none.
    let certificate: File?
    let key: File?

    /// Takes `ca`, `certificate` and `key`; reports what is not there, and half a pair.
    init(_ keys: inout MappingReader, _ collector: DiagnosticCollector) {
        authorities = keys.text(["ca"])
        certificate = keys.text(["certificate"])
        key = keys.text(["key"])
        NamedFiles.need(
            authorities, "the authorities", help: "a file in PEM, for example ca.crt of the authority", collector)
        NamedFiles.need(certificate, "the certificate", help: "picket ca issue makes one", collector)
        NamedFiles.need(key, "the key", help: "picket ca issue makes one", collector)
        if (certificate == nil) != (key == nil), let one = certificate ?? key {
            collector.report(.missingKey, at: one.place, "`certificate` and `key` belong together")
        }
    }
}
