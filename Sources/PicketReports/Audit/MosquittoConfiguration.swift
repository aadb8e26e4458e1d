import Foundation
import PicketProfiles

/// A mosquitto.conf as far as an audit asks (mosquitto.conf(5), 2.0): listeners, who may connect, what is logged.
struct MosquittoConfiguration {
    private struct Line {
        var file: String
        var number: Int
        var key: String
        var value: String
        /// What a finding about it names: what it says, and not its number, which changes with every line that is put above it.
        var place: String { "\(file) \(key) \(value)" }
        /// Where it stands, for a person.
        var mark: String { " (line \(number))" }
    }

    /// One listener with the lines that follow it.
    private struct Listener {
        var place: String
        var mark: String
        var port: String
        var address: String?
        /// The one that no `listener` opens: see ``MosquittoConfiguration/defaultListener``.
        var isDefault = false
        /// The broker keeps it to this machine by itself.
        var isLocalOnly = false
        var lines: [Line] = []

        func value(_ key: String) -> String? { lines.last { $0.key == key }?.value }

        /// Whether only this machine reaches it.
        var isLocal: Bool {
            guard port != "0", !isLocalOnly else { return true }
            guard let address else { return false }
            return address.hasPrefix("127.") || address == "::1" || address == "localhost"
        }
    }

    /// Where the same rules about who may do what are in force: everywhere, or at one listener
    /// (`per_listener_settings true`).
    private struct Scope {
        /// Where a finding about it is.
        var place: String
        /// `port 8883 `, or empty where there is one scope only.
        var name: String
        /// In the order of the file: the last one of a key counts.
        var lines: [Line]
        var listeners: [Listener]

        func last(_ key: String) -> Line? { lines.last { $0.key == key } }
        func has(_ key: String) -> Bool { last(key) != nil }
        var hasDynamicSecurity: Bool {
            lines.contains { ($0.key == "plugin" || $0.key == "auth_plugin") && $0.value.contains("dynamic_security") }
        }
        /// Whether a client id is the user name, and so proved with it.
        var clientIDIsProved: Bool {
            let open = listeners.filter { !$0.isLocal }
            let all = open.isEmpty ? listeners : open
            guard !all.isEmpty else { return last("use_username_as_clientid")?.value == "true" }
            return all.allSatisfy { $0.value("use_username_as_clientid") == "true" }
        }
    }

    private let path: String
    /// All lines in the order of the files.
    private var lines: [Line] = []
    /// Those before the first listener, and those that belong to none.
    private var general: [Line] = []
    private var listeners: [Listener] = []
    private var problems: [(file: String, why: String)] = []

    /// Files that an include may lead to; a ring of them would have no end.
    private static let files = 64

    init(path: String, _ audit: inout Audit) {
        self.path = path
        var left = MosquittoConfiguration.files
        for line in read(path, &left, &audit) { take(line) }
        if let listener = defaultListener { listeners.insert(listener, at: 0) }
    }

    private mutating func read(_ path: String, _ left: inout Int, _ audit: inout Audit) -> [Line] {
        left -= 1
        guard left >= 0, let data = audit.contents(path) else {
            problems.append((path, left < 0 ? "it includes too many files" : "it cannot be read"))
            return []
        }
        var lines: [Line] = []
        for (place, text) in String(decoding: data, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        )
        .enumerated() {
            let trimmed = text.trimmingCharacters(in: .whitespaces)
            guard !trimmed.isEmpty, !trimmed.hasPrefix("#") else { continue }
            let parts = trimmed.split(separator: " ", maxSplits: 1)
            let value = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
            guard parts[0] == "include_dir" else {
                lines.append(Line(file: path, number: place + 1, key: String(parts[0]), value: value))
                continue
            }
            audit.watch(value)
            let names = (try? FileManager.default.contentsOfDirectory(atPath: value)) ?? []
            if names.isEmpty { problems.append((value, "it holds no file, or cannot be read")) }
            for name in names.filter({ $0.hasSuffix(".conf") }).sorted() {
                lines += read("\(value)/\(name)", &left, &audit)
            }
        }
        return lines
    }

    private mutating func take(_ line: Line) {
        lines.append(line)
        switch line.key {
        case "listener":
            let words = line.value.split(separator: " ").map(String.init)
            listeners.append(
                Listener(
                    place: line.place, mark: line.mark, port: words.first ?? "",
                    address: words.count > 1 ? words[1] : nil))
        // What stands after a listener belongs to it, but for what is general anyway.
        case _ where !listeners.isEmpty && MosquittoConfiguration.ofListener.contains(line.key):
            listeners[listeners.count - 1].lines.append(line)
        default: general.append(line)
        }
    }

    private static let ofListener: Set<String> = [
        "cafile", "capath", "certfile", "keyfile", "crlfile", "require_certificate", "use_identity_as_username",
        "use_subject_as_username", "tls_version", "psk_hint", "socket_domain", "allow_anonymous", "password_file",
        "acl_file", "use_username_as_clientid", "plugin", "auth_plugin", "max_connections", "protocol",
    ]

    /// What opens the default listener (measured with 2.0.11): `port` and `bind_address`, wherever they stand, and what stands
    /// before the first `listener` of these.
    private static func opensDefault(_ line: Line) -> Bool {
        switch line.key {
        case "port", "bind_address", "cafile", "capath", "certfile", "keyfile", "crlfile", "psk_hint", "socket_domain",
            "max_connections":
            true
        case "protocol": line.value == "websockets"
        case "require_certificate", "use_identity_as_username", "use_subject_as_username", "use_username_as_clientid":
            line.value == "true"
        default: false
        }
    }

    /// The listener that no `listener` opens, with what stands before the first of those; nil where there is none. A broker
    /// without any listener keeps to this machine.
    private var defaultListener: Listener? {
        let opening = general.filter { MosquittoConfiguration.opensDefault($0) }
        guard listeners.isEmpty || !opening.isEmpty else { return nil }
        let port = general.last { $0.key == "port" }
        return Listener(
            place: port?.place ?? "\(path) port 1883", mark: (port ?? opening.first)?.mark ?? "",
            port: port?.value ?? "1883", address: general.last { $0.key == "bind_address" }?.value, isDefault: true,
            isLocalOnly: opening.isEmpty,
            lines: general.filter { MosquittoConfiguration.ofListener.contains($0.key) })
    }

    private func values(_ key: String) -> [Line] { lines.filter { $0.key == key } }

    /// Rules of one scope at a time. What stands before the first `listener` is the default listener's where each has its
    /// own, and no `listener` takes it over.
    private var scopes: [Scope] {
        guard values("per_listener_settings").last?.value == "true", !listeners.isEmpty else {
            return [Scope(place: path, name: "", lines: lines, listeners: listeners)]
        }
        return listeners.map { listener in
            Scope(
                place: listener.place, name: "at port \(listener.port) ",
                lines: listener.isDefault ? general : listener.lines, listeners: [listener])
        }
    }

    /// Files of rules, with whether a client id can be relied on wherever they are in force.
    var accessLists: [(path: String, clientIDIsProved: Bool)] {
        var proved: [String: Bool] = [:]
        var order: [String] = []
        for scope in scopes {
            guard let file = scope.last("acl_file")?.value else { continue }
            if proved[file] == nil { order.append(file) }
            proved[file] = (proved[file] ?? true) && scope.clientIDIsProved
        }
        return order.map { ($0, proved[$0] ?? false) }
    }
    /// Files of the dynamic security plugin.
    var dynamicSecurity: [String] {
        guard scopes.contains(where: \.hasDynamicSecurity) else { return [] }
        return values("plugin_opt_config_file").map(\.value)
    }
    /// Certificates of the broker and of the authorities it trusts.
    var certificates: [String] { ["cafile", "capath", "certfile"].flatMap { values($0) }.map(\.value) }
    var revocationLists: [String] { values("crlfile").map(\.value) }

    func check(_ audit: inout Audit) {
        for (file, why) in problems { audit.report(AuditFinding(.unreadable, file, why)) }
        guard !general.isEmpty || !listeners.isEmpty else { return }
        audit.look(.brokerAnonymous, .loggingDisabled, .aclMissing, .brokerPlaintextListener, .brokerWeakTLS)
        audit.look(.brokerNoRevocation, count: 1)
        for scope in scopes { check(scope, &audit) }
        checkLogging(&audit)
        for listener in listeners { check(listener, &audit) }
    }

    private func check(_ scope: Scope, _ audit: inout Audit) {
        if let line = scope.last("allow_anonymous"), line.value == "true" { checkAnonymous(line, scope, &audit) }
        let hasRules = scope.has("acl_file")
        if !hasRules, !scope.has("plugin"), !scope.has("auth_plugin") {
            let isLocal = scope.listeners.allSatisfy(\.isLocal)
            audit.report(
                AuditFinding(
                    .aclMissing, scope.place,
                    "\(scope.name)there are no rules: every client may read and write every topic"
                        + (isLocal ? " (only this machine reaches it)" : ""), severity: isLocal ? .low : nil))
        }
        if hasRules, !scope.hasDynamicSecurity {
            audit.look(.aclSubscribeUnchecked)
            audit.report(
                AuditFinding(
                    .aclSubscribeUnchecked, scope.place,
                    "\(scope.name)acl_file never refuses a subscription: `#` is granted, and what is not allowed is left out "
                        + "silently"))
        }
    }

    /// What `allow_anonymous` opens depends on what the listeners ask for.
    private func checkAnonymous(_ line: Line, _ scope: Scope, _ audit: inout Audit) {
        let open = scope.listeners.filter { !$0.isLocal && $0.value("require_certificate") != "true" }
        // Where each listener has its own, several may say the same.
        let place = scope.name.isEmpty ? line.place : "\(scope.place) \(line.key) \(line.value)"
        if open.isEmpty {
            audit.report(
                AuditFinding(
                    .brokerAnonymous, place,
                    "no listener that asks for no certificate is open to others, so it opens nothing there: say false"
                        + line.mark,
                    severity: .low))
        } else {
            let ports = open.map(\.port).joined(separator: ", ")
            audit.report(
                AuditFinding(
                    .brokerAnonymous, place,
                    "whoever connects to port \(ports) needs no password and no certificate\(line.mark)"))
        }
    }

    private func checkLogging(_ audit: inout Audit) {
        let types = values("log_type").map(\.value)
        if types.contains("none") || values("log_dest").contains(where: { $0.value == "none" }) {
            audit.report(AuditFinding(.loggingDisabled, path, "the broker writes no log at all", severity: .medium))
            return
        }
        for line in values("connection_messages") where line.value == "false" {
            audit.report(
                AuditFinding(
                    .loggingDisabled, line.place, "connections and disconnections are not logged\(line.mark)"))
        }
        // Without any log_type the broker logs error, warning, notice and information.
        if !types.isEmpty, !types.contains("all"), !types.contains("notice") {
            audit.report(
                AuditFinding(.loggingDisabled, path, "log_type leaves notices out: connections are not logged"))
        }
    }

    private func check(_ listener: Listener, _ audit: inout Audit) {
        let hasTLS = listener.value("certfile") != nil || listener.value("psk_hint") != nil
        if !hasTLS, !listener.isLocal {
            audit.report(
                AuditFinding(
                    .brokerPlaintextListener, listener.place,
                    "port \(listener.port) is open on \(listener.address ?? "all addresses") without TLS\(listener.mark)"
                ))
        }
        if listener.value("require_certificate") == "true", listener.value("crlfile") == nil {
            audit.report(
                AuditFinding(
                    .brokerNoRevocation, listener.place,
                    "port \(listener.port) asks for certificates and has no list of revoked ones\(listener.mark)"))
        }
        if let version = listener.value("tls_version"), ["tlsv1", "tlsv1.0", "tlsv1.1"].contains(version) {
            audit.report(
                AuditFinding(
                    .brokerWeakTLS, listener.place, "port \(listener.port) accepts \(version)\(listener.mark)"))
        }
    }
}
