/// Lines of fixed wording: what the broker says of itself (a `service` event), and what needs no event.
///
/// Of a `service` event only our own words are kept: a line can hold paths, names and whatever a plugin prints.
/// Source: eclipse-mosquitto v2.0.11 to v2.1.2, `src/mosquitto.c`, `src/net.c`, `src/conf.c`, `src/persist_*.c`, …
struct MosquittoWording: Sendable {
    /// What a `service` event says.
    struct Service: Sendable {
        var level: StaticString
        var code: StaticString
        var message: StaticString
    }

    /// The line begins with this…
    var start: StaticString
    /// … holds this somewhere after it, where it is not empty…
    var middle: StaticString = ""
    /// … and ends with this.
    var end: StaticString = ""
    /// Without one, ``line`` says what the line is.
    var service: Service?
    var line: MosquittoLine = .service

    /// The wording of a message, if it is a known one.
    static func find(_ text: RawSpan, _ message: Range<Int>) -> MosquittoWording? {
        all.first { wording in
            guard text.begins(wording.start, message), text.ends(wording.end, message) else { return false }
            let rest = message.lowerBound + wording.start.utf8CodeUnitCount..<message.upperBound
            return wording.middle.utf8CodeUnitCount == 0 || text.first(wording.middle, in: rest) != nil
        }
    }

    private static func service(
        _ start: StaticString, _ level: StaticString, _ code: StaticString, _ message: StaticString,
        holding middle: StaticString = "", ending end: StaticString = ""
    ) -> MosquittoWording {
        MosquittoWording(
            start: start, middle: middle, end: end, service: Service(level: level, code: code, message: message))
    }

    private static func line(
        _ line: MosquittoLine, _ start: StaticString, _ middle: StaticString = "", end: StaticString = ""
    ) -> MosquittoWording {
        MosquittoWording(start: start, middle: middle, end: end, service: nil, line: line)
    }

    /// The first that fits counts.
    private static let all: [MosquittoWording] = services + errors + explanations + notes

    private static let services: [MosquittoWording] = [
        service("mosquitto version ", "info", "starting", "broker starting", ending: " starting"),
        service("mosquitto version ", "info", "running", "broker running", ending: " running"),
        service("mosquitto version ", "info", "terminating", "broker terminating", ending: " terminating"),
        service("Config loaded from ", "info", "config-loaded", "configuration loaded"),
        service("Using default config.", "info", "config-default", "no configuration file: defaults"),
        service("Reloading config.", "info", "config-reload", "configuration being reloaded"),
        service("Loading config file ", "info", "config-file", "further configuration file read"),
        service("Opening ", "info", "listener-opened", "listener opened", holding: " listen socket on "),
        service("Loading plugin: ", "info", "plugin-loaded", "plugin being loaded"),
        service("Starting in local only mode.", "warning", "local-only", "no listener configured: this machine only"),
        service("Creating default listener due to ", "info", "listener-default", "default listener created"),
        service("TLS key logging to ", "warning", "tls-key-log", "session keys are written to a file"),
        service(
            "MOSQUITTO_UNSAFE_ALLOW_SYMLINKS is set", "warning", "symlinks", "sensitive files may be symbolic links"),
        service(
            "Unable to accept new connection, system socket count has been exceeded.", "error", "no-sockets",
            "out of sockets: connections are not accepted"),
        service("Out of memory.", "error", "out-of-memory", "out of memory"),
    ]

    private static let errors: [MosquittoWording] = [
        // The broker runs on with its CRL unloaded, and lets revoked certificates in (measured with 2.0.11).
        service(
            "Error: Unable to load certificate revocation file ", "error", "crl-not-loaded",
            "certificate revocation list not loaded: revoked certificates may be let in"),
        service("Error: Unable to load CA certificates", "error", "ca-not-loaded", "CA certificates not loaded"),
        service(
            "Error: Unable to load server ", "error", "server-certificate", "server certificate or key not loaded"),
        service("Error: Server certificate/key are inconsistent.", "error", "server-certificate", "key does not fit"),
        service("Error: Unable to open pwfile ", "error", "password-file", "password file not readable"),
        service("Error: Unable to open acl_file ", "error", "acl-file", "access rules not readable"),
        service("Error: Unable to open config file ", "error", "config-file", "configuration file not readable"),
        service("Error: Unable to open log file ", "error", "log-file", "log file not writable"),
        service("Error: Unable to load plugin ", "error", "plugin-not-loaded", "plugin not loaded"),
        service("Error: Unable to load auth plugin ", "error", "plugin-not-loaded", "plugin not loaded"),
        service("Error: Address ", "error", "address", "an address could not be bound"),
        service("Error: Out of memory.", "error", "out-of-memory", "out of memory"),
        service("Error when reloading certificate ", "error", "server-certificate", "server certificate not reloaded"),
        service("Error opening acl file ", "error", "acl-file", "access rules not readable"),
        service("Error opening password file ", "error", "password-file", "password file not readable"),
        service("Error saving in-memory database", "error", "not-saved", "persistent database not saved"),
        service("Error during saving in-memory database", "error", "not-saved", "persistent database not saved"),
        service("Error saving Dynamic security plugin config", "error", "dynsec-config", "dynsec file not written"),
        service("Error updating dynsec config file", "error", "dynsec-config", "dynsec file not written"),
        service("Error found at ", "error", "config-error", "an error in the configuration"),
        service("Error creating ", "error", "error", "another error; its text is not kept"),
        service("Error setting ", "error", "privileges", "privileges not dropped"),
        service("Error in ", "error", "error", "another error; its text is not kept"),
        service("Error whilst daemonising", "error", "error", "another error; its text is not kept"),
        service("Unable to start http api listener", "error", "listener", "a listener could not be opened"),
        service("Error loading Dynamic security plugin config", "error", "dynsec-config", "dynsec file not readable"),
        service("Error: ", "error", "error", "another error; its text is not kept"),
        service(
            "Warning: Mosquitto should not be run as root", "warning", "runs-as-root", "broker runs as root"),
        service("Warning: ", "warning", "warning", "another warning; its text is not kept"),
        // These stand beside an error above, or before the line that says whom they concern.
        line(.handshake, "OpenSSL Error"),
        line(.note, "Load error: "),
    ]

    private static let explanations: [MosquittoWording] = [
        line(.explanation, "Bad client ", end: " sending multiple CONNECT messages."),
        line(.explanation, "Protocol error from ", ": "),
        line(.explanation, "Protocol error from ", " CONNECT with missing clientid string."),
        line(.explanation, "Invalid protocol ", " in CONNECT from ", end: "."),
        line(.explanation, "Invalid Will QoS in CONNECT from ", end: "."),
        line(.explanation, "Invalid ", " from ", end: ", disconnecting."),
        line(.explanation, "Too high QoS in PUBLISH from ", end: ", disconnecting."),
        line(.explanation, "Empty ", "subscription string from ", end: ", disconnecting."),
        line(.explanation, "Client from ", end: " appears to be using TLS to connect to a non-TLS listener."),
        line(.explanation, "Client ", " connected with too large Will payload"),
        line(.explanation, "Client ", " has exceeded its receive-maximum quota."),
        line(.explanation, "ACL denying access to client with dangerous ", end: "\""),
        line(.explanation, "Reused message ID ", end: " detected. Clearing from storage."),
        line(.explanation, "", end: " sent CONNECT with missing keepalive."),
        line(.explanation, "OCSP: "),
    ]

    private static let notes: [MosquittoWording] = [
        line(.note, "Saving in-memory database to "),
        line(.note, "Client ", " negotiated "),
        line(.note, "Connection from ", " negotiated "),
        line(.note, "Expiring client ", end: " due to timeout."),
        line(.note, "Create a configuration file which defines a listener to allow remote access."),
        line(.note, "For more details see https://mosquitto.org/"),
        line(.note, "Configuration file is OK."),
        line(.note, "Note: It is recommended to "),
        line(.note, "The '", "' option is now deprecated"),
        line(.note, "You are using the '", "' option with 'per_listener_settings true'."),
        line(.note, "It is best practice to define a 'listener' first."),
        line(.note, "Please be aware that support for TLS v1.1"),
        line(.note, "TLS key logging is for DEBUGGING only."),
        line(.note, "Info: running mosquitto as user"),
        line(.note, "Restored ", end: " base messages"),
        line(.note, "Restored ", end: " client messages"),
        line(.note, "Restored ", end: " clients"),
        line(.note, "Restored ", end: " retained messages"),
        line(.note, "Restored ", end: " subscriptions"),
        line(.note, "TLS", end: " available."),
        line(.note, "Bridge support ", end: "available."),
        line(.note, "Persistence support ", end: "available."),
        line(.note, "Websockets support ", end: "available."),
        line(.note, "Plugin ", " has registered to receive "),
        line(.note, "Plugin ", end: " loaded."),
        line(.note, " ├── "),
        line(.note, " └── "),
        line(.note, " If this is a bridge, please be aware this does not work."),
        line(.note, " Using admin password from "),
        line(.note, " Generated passwords are at "),
        line(.note, "Dynamic security plugin config not found, generating a default config."),
        line(.note, "Using http_dir "),
        line(.note, "http serving file \""),
        line(.note, "Bridge ", " doing local SUBSCRIBE on topic "),
        line(.note, "Bridge ", " sending "),
        line(.note, "Bridge ", " next backoff will be "),
        line(.note, "Bridge ", " connection was stable enough, resetting backoff"),
        line(.note, "Bridge connection ", end: " has exceeded idle timeout, disconnecting."),
        line(.note, "Connecting bridge "),
        line(.note, "Failed to associate persisted user "),
        line(.note, "Unsupported property type: "),
    ]
}
