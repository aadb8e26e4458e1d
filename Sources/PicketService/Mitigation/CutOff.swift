import Foundation
import PicketFeeds
import PicketMitigation

/// Keeps one certificate off the brokers, in this order: denied durably, session ended, revoked, watched. Every part is a
/// fact that was seen or not; all of it may be repeated without harm.
struct CutOff {
    let brokers: [BrokerConfiguration]
    let plugins: [String: BrokerPlugin]
    let desk: MitigationDesk
    let watch: RevocationWatch

    private var record: @Sendable (MitigationRecord) async throws -> Void { watch.record }

    /// - Returns: how it ended, and what a person should know. It is unknown where all that was seen is well and something
    ///   that should be seen cannot be.
    func carryOut(
        _ intent: Intent, reason: RevocationReason, watchSeconds: Int
    ) async throws -> (state: Intent.State, note: String?) {
        guard let name = CutOff.name(intent) else { return (.failed, "there is no serial number and no user to deny") }
        guard let brokers = brokers(of: intent) else { return (.failed, Self.unknownIssuer) }
        let serial = intent.serial
        let refusals = desk.refusals(of: intent.device)
        var problems: [String] = []
        var isDenied = false
        var isLeftToTheList = false
        var connects: Int?
        for broker in brokers {
            try Task.checkCancellation()
            let plugin = broker.plugin.flatMap { plugins[$0] }
            // A broker that is away, or was when Picket started, must not find the device still allowed.
            let isRevokedFirst = plugin?.isConnected == false
            if isRevokedFirst, let serial, let problem = try await revoke(intent, serial, reason, broker) {
                problems.append(problem)
            }
            if let user = intent.user, broker.control != nil, let address = broker.address {
                let (isOut, problem) = try await disable(intent, user, broker, DynamicSecurity(address: address))
                isDenied = isDenied || isOut
                if let problem { problems.append(problem) }
            }
            if let plugin {
                let (isOut, problem) = try await end(intent, name, broker, plugin)
                isDenied = isDenied || isOut
                // From the first denial on every connect is one too many, also while lists are written and tried.
                if isOut, connects == nil { connects = self.connects(of: intent) }
                if let problem { problems.append(problem) }
            }
            guard !isRevokedFirst, let serial else { continue }
            if let problem = try await revoke(intent, serial, reason, broker) {
                problems.append(problem)
            } else if plugin == nil, broker.isProbed {
                (isDenied, isLeftToTheList) = (true, true)
            }
        }
        if brokers.isEmpty { problems.append("no broker is configured") }
        guard isDenied else {
            return (.failed, "the session may go on: " + (problems + ["nobody denied it"]).joined(separator: "; "))
        }
        if isLeftToTheList, let problem = try await endsByItself(intent, seconds: watchSeconds) {
            problems.append(problem)
        }
        let isAway = try await staysAway(intent, seconds: watchSeconds, since: connects)
        // While a plugin is away nobody sees who comes.
        let blind = brokers.filter { $0.isBlind(plugins) }.map(\.name)
        try await fact(
            intent, "stays-away", isAway && blind.isEmpty,
            "watched for \(watchSeconds) s"
                + (blind.isEmpty ? "" : ", and nobody sees \(blind.joined(separator: ", "))"))
        if intent.serial == nil {
            // Whoever is gone does not try again, and that is as good: nothing hangs on it.
            let tried = desk.refusals(of: intent.device) - refusals
            try await fact(
                intent, "login-refused", tried > 0,
                tried > 0 ? "the broker refused \(tried) logins in its name since" : "nobody tried to log in since")
        }
        if !isAway { problems.append("it connected again") }
        guard isAway, problems.isEmpty else { return (.failed, problems.joined(separator: "; ")) }
        guard blind.isEmpty else {
            return (
                .unknown, "nobody saw whether it stays away from \(blind.joined(separator: ", ")): the plugin is away"
            )
        }
        let unseen = serial == nil ? [] : brokers.filter(\.cannotBeProbed).map(\.name)
        guard unseen.isEmpty else {
            return (.unknown, "nobody saw whether \(unseen.joined(separator: ", ")) reads the list")
        }
        let others = self.brokers.filter { broker in !brokers.contains { $0.name == broker.name } }.map(\.name)
        return (
            .done,
            others.isEmpty
                ? nil : "not on \(others.joined(separator: ", ")): another authority's certificates count there"
        )
    }

    /// The brokers where the certificate is what was seen: that whose feed saw it, and those with the same authority.
    /// Elsewhere its number may be another device's.
    ///
    /// - Returns: all for a user; nil when nobody knows.
    private func brokers(of intent: Intent) -> [BrokerConfiguration]? {
        // Where nobody says which authority a broker trusts, it may be any.
        guard intent.serial != nil, brokers.count > 1,
            Set(brokers.map(\.authority)).count > 1 || brokers.contains(where: { $0.authority == nil })
        else { return brokers }
        guard let feed = intent.seenOn, let home = brokers.first(where: { $0.plugin == feed }) else { return nil }
        return brokers.filter { $0.name == home.name || $0.authority != nil && $0.authority == home.authority }
    }

    private static let unknownIssuer =
        "the brokers have several authorities, and no broker's own feed saw the certificate: nobody knows which one issued it; "
        + "give the broker the plugin, or revoke it by hand: picket ca revoke"

    /// Puts the certificate on the revocation lists, and nothing more: a session that is there goes on.
    func revoke(_ intent: Intent, reason: RevocationReason) async throws -> (state: Intent.State, note: String?) {
        guard let serial = intent.serial else { return (.failed, "there is no serial number to revoke") }
        guard let brokers = brokers(of: intent) else { return (.failed, Self.unknownIssuer) }
        let lists = brokers.filter { $0.authority != nil }
        guard !lists.isEmpty else { return (.failed, "no broker has an `authority` whose list could be written") }
        var problems: [String] = []
        for broker in lists {
            if let problem = try await revoke(intent, serial, reason, broker) { problems.append(problem) }
        }
        guard problems.isEmpty else { return (.failed, problems.joined(separator: "; ")) }
        let unseen = lists.filter(\.cannotBeProbed).map(\.name)
        return unseen.isEmpty
            ? (.done, "a session that is there goes on until it ends")
            : (.unknown, "nobody saw whether \(unseen.joined(separator: ", ")) reads the list")
    }

    /// Without a plugin nobody ends a session: a new list is for the next one (measured with Mosquitto 2.0.11).
    ///
    /// - Returns: what is not as it should be; nil when the session ended in time.
    private func endsByItself(_ intent: Intent, seconds: Int) async throws -> String? {
        let end = ContinuousClock.now + .seconds(seconds)
        while !desk.isGone(intent.device, since: intent.at), ContinuousClock.now < end {
            try await Task.sleep(for: Self.pause)
        }
        let isGone = desk.isGone(intent.device, since: intent.at)
        let words =
            isGone ? "the broker says that it ended" : "no plugin ends it; restart the broker, or give it the plugin"
        try await fact(intent, "session-ended", isGone, words)
        return isGone ? nil : "the certificate is refused from now on, and the session that is there goes on: \(words)"
    }

    /// A plugin is back within a quarter of a second after Picket starts, a broker a few seconds after it is started.
    private static let patience = Duration.seconds(10)
    private static let pause = Duration.milliseconds(50)

    /// Asks the plugin again while it is away: what it is asked may be repeated without harm.
    private static func insist(
        _ plugin: BrokerPlugin, _ order: () async -> PluginCommand.Outcome
    ) async -> PluginCommand.Outcome {
        let end = ContinuousClock.now + patience
        var outcome = await order()
        while outcome == .away || outcome == .unknown, ContinuousClock.now < end, !Task.isCancelled {
            try? await Task.sleep(for: pause)
            if plugin.isConnected { outcome = await order() }
        }
        return outcome
    }

    /// Denies and kicks.
    ///
    /// - Returns: whether it is denied, and what is not as it should be.
    private func end(
        _ intent: Intent, _ name: PluginCommand.Name, _ broker: BrokerConfiguration, _ plugin: BrokerPlugin
    ) async throws -> (isDenied: Bool, problem: String?) {
        let denied = await CutOff.insist(plugin) { await plugin.deny(name) }
        let isDurable = denied == .nothing || CutOff.isDone(denied)
        try await fact(intent, "denied", isDurable, "\(broker.name): \(CutOff.words(denied))")
        guard isDurable else {
            // Kicked without a durable denial it is back in a second, and nobody would look again (DESIGN §7).
            try await fact(
                intent, "session-ended", false, "\(broker.name): not kicked, for the denial is not durable")
            return (false, "\(broker.name): \(CutOff.words(denied))")
        }
        try Task.checkCancellation()
        let kicked = await CutOff.insist(plugin) { await plugin.kick(name) }
        let isEnded = kicked == .nothing || CutOff.isDone(kicked)
        try await fact(intent, "session-ended", isEnded, "\(broker.name): \(CutOff.words(kicked))")
        return (true, isEnded ? nil : "\(broker.name): the session may go on: \(CutOff.words(kicked))")
    }

    /// Whether nobody comes with the certificate. The plugin's answer to the kick came after everything before it, so
    /// that every further connect is a new one.
    private func staysAway(_ intent: Intent, seconds: Int, since connects: Int?) async throws -> Bool {
        let before = connects ?? self.connects(of: intent)
        try await Task.sleep(for: .seconds(seconds))
        return self.connects(of: intent) == before
    }

    /// How often somebody came in with the certificate, or with the password of the device.
    private func connects(of intent: Intent) -> Int {
        intent.serial.map { desk.connects(with: $0) } ?? desk.connectsByPassword(of: intent.device)
    }

    /// Whom the plugin is to deny: the certificate of the violating session, or the user whose password proved it.
    private static func name(_ intent: Intent) -> PluginCommand.Name? {
        intent.serial.map { .serial($0) } ?? intent.user.map { .user($0) }
    }

    /// Has dynamic security refuse a user; it ends his sessions by itself (measured with 2.0.11).
    private func disable(
        _ intent: Intent, _ user: String, _ broker: BrokerConfiguration, _ security: DynamicSecurity
    ) async throws -> (isDenied: Bool, problem: String?) {
        do {
            if intent.was(Self.disabled, at: broker.name) == nil {
                let isNow = try await security.client(user)?.isDisabled ?? false
                let was = desk.was(Self.disabled, at: broker.name, beforeOthersOf: intent) ?? isNow
                try await fact(intent, Intent.beforeFact, true, Intent.before(broker.name, Self.disabled, was))
            }
            try await security.ask([["command": "disableClient", "username": user]])[0].get()
            let isDisabled = try await security.client(user)?.isDisabled ?? false
            try await fact(
                intent, "disabled", isDisabled,
                "\(broker.name): dynamic security says that \(SafeName.visible(user)) is \(isDisabled ? "" : "not ")disabled"
            )
            return (isDisabled, isDisabled ? nil : "\(broker.name): the user is not disabled")
        } catch {
            try await fact(intent, "disabled", false, "\(broker.name): \(error)")
            return (false, broker.plugin == nil ? "\(broker.name): \(error)" : nil)
        }
    }

    /// Puts the certificate on the revocation list of a broker that reads one of ours.
    ///
    /// - Returns: what is not as it should be; nil when all is.
    private func revoke(
        _ intent: Intent, _ serial: String, _ reason: RevocationReason, _ broker: BrokerConfiguration
    ) async throws -> String? {
        guard let folder = broker.authority else { return nil }
        await watch.turns.begin()
        defer { watch.turns.end() }
        // What is revoked is not given back: nobody who was told to let go does it any more.
        try Task.checkCancellation()
        let authority = CertificateAuthority(folder: folder)
        let hash: String?
        do {
            try authority.revoke(serial: serial, reason: reason, now: Date())
            hash = try broker.revocation.map { try authority.install(in: $0).sha256 }
        } catch {
            // A folder that nobody may write, a full disk, a damaged register: it failed, and Picket goes on.
            try await fact(intent, "revoked", false, "\(broker.name): \(error)")
            return "\(broker.name): \(error)"
        }
        guard let revocation = broker.revocation, let hash else {
            try await fact(intent, "revoked", true, "in \(authority.listFile)")
            return nil
        }
        try await fact(intent, "revoked", true, "\(broker.name): SHA-256 of the list \(hash)")
        let problem = revocation.reload()
        try await fact(intent, "list-reloaded", problem == nil, problem ?? "\(broker.name): SIGHUP was sent")
        if let problem { return "\(broker.name): the list was not reloaded: \(problem)" }
        return try await probe(intent, broker, authority)
    }

    /// Proves that the broker has read the list.
    private func probe(
        _ intent: Intent, _ broker: BrokerConfiguration, _ authority: CertificateAuthority
    ) async throws -> String? {
        guard let address = broker.address else {
            // Nobody can ask. That is no failure, but nothing says that the broker reads the list.
            try await fact(intent, "canary-refused", false, "\(broker.name): nobody can ask, it has no `url`")
            return nil
        }
        let number = (try? authority.register().listNumber).map { "\($0)" } ?? "(its number cannot be read)"
        let answer = await CanaryProbe(address: address, authority: authority)
            .ask(forSeconds: RevocationWatch.patienceSeconds)
        let words: String
        switch answer {
        case .refused:
            words = "a certificate that list \(number) revokes, and none before it, is refused as revoked"
        case .letIn: words = "FAILS OPEN: a certificate that the list revokes was let in"
        case .listExpired: words = "the broker refuses everybody: its list has expired"
        case .unclear(let why): words = "the canary got no answer: \(why)"
        }
        try await fact(intent, "canary-refused", answer == .refused, "\(broker.name): \(words)")
        try await watch.judged(answer, broker)
        return answer == .refused ? nil : "\(broker.name): \(words)"
    }

    /// Takes the denial back, wherever it was made. A revoked certificate stays revoked (RFC 5280): the device needs a new one.
    func undo(_ intent: Intent) async throws -> (isDone: Bool, note: String?) {
        guard let name = CutOff.name(intent) else { return (false, "there is no serial number and no user") }
        guard let brokers = brokers(of: intent) else { return (false, Self.unknownIssuer) }
        var isAllowed = false
        var problems: [String] = []
        var stays: [String] = []
        for broker in brokers {
            if intent.was(Self.disabled, at: broker.name) == true {
                // Somebody else did that, for a reason of his own.
                stays.append("\(broker.name): it was disabled before, and stays so")
                isAllowed = true
            } else if let user = intent.user, broker.control != nil, let address = broker.address {
                if try await enable(intent, user, broker, DynamicSecurity(address: address)) {
                    isAllowed = true
                } else {
                    problems.append("\(broker.name): dynamic security did not enable it")
                }
            }
            guard let plugin = broker.plugin.flatMap({ plugins[$0] }) else { continue }
            let outcome = await CutOff.insist(plugin) { await plugin.allow(name) }
            let isDone = outcome == .nothing || CutOff.isDone(outcome)
            try await fact(intent, "allowed", isDone, "\(broker.name): \(CutOff.words(outcome))")
            if isDone { isAllowed = true } else { problems.append("\(broker.name): \(CutOff.words(outcome))") }
        }
        guard problems.isEmpty else { return (false, "it is denied still: \(problems.joined(separator: "; "))") }
        let revokes = intent.serial != nil && brokers.contains { $0.authority != nil }
        if revokes { stays.append("the certificate stays revoked; issue a new one with picket ca issue") }
        return (isAllowed, stays.isEmpty ? nil : stays.joined(separator: "; "))
    }

    /// Denies once more what was just allowed: another cut-off of the same began meanwhile, and may have found it denied
    /// still. Its intent is a record before it acts, so that one of the two sees the other.
    ///
    /// - Returns: what is not as it should be; nil when it is denied.
    func denyAgain(_ intent: Intent) async throws -> String? {
        guard let name = CutOff.name(intent), let brokers = brokers(of: intent) else { return nil }
        var problems: [String] = []
        for broker in brokers {
            if let user = intent.user, broker.control != nil, let address = broker.address {
                let (_, problem) = try await disable(intent, user, broker, DynamicSecurity(address: address))
                if let problem { problems.append(problem) }
            }
            guard let plugin = broker.plugin.flatMap({ plugins[$0] }) else { continue }
            if let problem = try await end(intent, name, broker, plugin).problem { problems.append(problem) }
        }
        return problems.isEmpty ? nil : problems.joined(separator: "; ")
    }

    /// What a user of dynamic security is that nobody lets in.
    private static let disabled = "disabled"

    private func enable(
        _ intent: Intent, _ user: String, _ broker: BrokerConfiguration, _ security: DynamicSecurity
    ) async throws -> Bool {
        do {
            try await security.ask([["command": "enableClient", "username": user]])[0].get()
            try await fact(intent, "enabled", true, "\(broker.name): dynamic security says so")
            return true
        } catch {
            try await fact(intent, "enabled", false, "\(broker.name): \(error)")
            return false
        }
    }

    private func fact(_ intent: Intent, _ fact: String, _ isSeen: Bool, _ detail: String) async throws {
        // Who was told to let go has not looked to the end.
        if !isSeen { try Task.checkCancellation() }
        try await record(.fact(id: intent.id, device: intent.device, fact: fact, isSeen: isSeen, detail: detail))
    }

    private static func isDone(_ outcome: PluginCommand.Outcome) -> Bool {
        if case .done = outcome { true } else { false }
    }

    private static func words(_ outcome: PluginCommand.Outcome) -> String {
        switch outcome {
        case .done(let count): "done (\(count))"
        case .nothing: "it was so already"
        case .invalid: "the plugin does not understand the name"
        case .notDurable:
            "denied until the broker restarts: the plugin has no `deny` file, or its file cannot be written"
        case .full: "the deny list is full"
        case .away: "no plugin is connected"
        case .unknown: "the plugin did not answer; it may have been done"
        }
    }
}
