import Foundation
import PicketMitigation

/// Keeps the revocation lists of brokers in force: writes them anew long before they expire, puts back what somebody else
/// changed, and asks with a canary whether the broker reads them. What is wrong is an alarm: in the log, on the screen, and
/// in the metrics, raised once and cleared once.
struct RevocationWatch {
    let brokers: [BrokerConfiguration]
    let desk: MitigationDesk
    /// Makes a record durable.
    let record: @Sendable (MitigationRecord) async throws -> Void
    let say: @Sendable (String) -> Void
    /// One list is written, read and tried at a time: a canary belongs to one list, and the next one would be let in by it.
    let turns = Turns(atOnce: 1)

    /// Two small files are read: often enough that a broken list is not in force for long.
    private static let every = Duration.seconds(10)
    /// How often the canary is sent without cause, in rounds: each one is a line in the broker's log.
    private static let canaryRounds = 60
    /// Lists are valid for a week and made anew after half of it; whoever has two days left has a problem.
    private static let alarmSeconds = 2.0 * 86_400
    /// How long a broker may take to read its list.
    static let patienceSeconds = 5

    func run() async throws {
        var round = 0
        while !Task.isCancelled {
            for broker in brokers { try await look(at: broker, isCanaryDue: round % Self.canaryRounds == 0) }
            round += 1
            do {
                try await Task.sleep(for: Self.every)
            } catch {
                return
            }
        }
    }

    private func look(at broker: BrokerConfiguration, isCanaryDue: Bool) async throws {
        guard let folder = broker.authority else { return }
        await turns.begin()
        defer { turns.end() }
        try Task.checkCancellation()
        let authority = CertificateAuthority(folder: folder)
        guard let revocation = broker.revocation else { return renew(authority, broker) }
        // What a canary has seen stands, whatever the file says of its date, until another one has seen better.
        let isRefusing = broker.isProbed && desk.isRaised(.listExpires, broker.name) && !expiresSoon(revocation)
        var isNew = false
        do {
            if authority.listIsDue(now: Date()) {
                try authority.renewList(now: Date())
                say("picket: a new revocation list for \(broker.name)")
            }
            let cause = revocation.isReadable ? "it was another one" : "it was none that a broker can read"
            isNew = try authority.install(in: revocation).isNew
            if isNew { say("picket: the revocation list of \(broker.name) is the newest again; \(cause)") }
            // A broker that could not be told, or did not read it, is told again.
            if isNew || isRefusing || desk.isRaised(.listIsForeign, broker.name)
                || desk.isRaised(.failsOpen, broker.name)
            {
                if let problem = revocation.reload() {
                    try await set(
                        .listIsForeign, broker, true, "\(cause), and the broker has not read the new one: \(problem)")
                } else {
                    try await set(.listIsForeign, broker, false, "the newest list is in place, and SIGHUP was sent")
                }
            }
        } catch {
            try await set(.listIsForeign, broker, true, "the list could not be put in place: \(error)")
        }
        if !isRefusing { try await checkExpiry(broker, revocation) }
        if isNew || isCanaryDue || isRefusing || desk.isRaised(.failsOpen, broker.name) {
            try await probe(broker, authority)
        }
    }

    /// A list that no broker here reads is given to others, by whatever way: it must not expire either.
    private func renew(_ authority: CertificateAuthority, _ broker: BrokerConfiguration) {
        guard authority.listIsDue(now: Date()) else { return }
        do {
            try authority.renewList(now: Date())
            say("picket: a new revocation list for \(broker.name): \(authority.listFile)")
        } catch {
            say("picket: the revocation list of \(broker.name) cannot be renewed: \(error)")
        }
    }

    /// How long the list in place is valid, in seconds; nil where it does not say.
    private func left(_ revocation: BrokerRevocation) -> Double? {
        revocation.installed().flatMap { InstalledList(pem: $0)?.nextUpdate }?.timeIntervalSinceNow
    }

    private func expiresSoon(_ revocation: BrokerRevocation) -> Bool {
        left(revocation).map { $0 < Self.alarmSeconds } ?? false
    }

    private func checkExpiry(_ broker: BrokerConfiguration, _ revocation: BrokerRevocation) async throws {
        guard let left = left(revocation) else { return }
        let hours = Int(left / 3_600)
        try await set(
            .listExpires, broker, left < Self.alarmSeconds,
            left < 0
                ? "it has expired: the broker refuses every device"
                : "it expires in \(hours) hours; then the broker refuses every device")
    }

    private func probe(_ broker: BrokerConfiguration, _ authority: CertificateAuthority) async throws {
        guard let address = broker.address else { return }
        let answer = await CanaryProbe(address: address, authority: authority).ask(forSeconds: Self.patienceSeconds)
        try await judged(answer, broker)
    }

    /// What a canary's way says about a broker.
    func judged(_ answer: CanaryProbe.Answer, _ broker: BrokerConfiguration) async throws {
        switch answer {
        case .refused:
            try await set(.failsOpen, broker, false, "the canary, a revoked certificate, was refused")
            if let revocation = broker.revocation, !expiresSoon(revocation) {
                try await set(.listExpires, broker, false, "the broker has a list that is valid")
            }
        case .letIn:
            try await set(
                .failsOpen, broker, true,
                "the canary, a revoked certificate, was let in: the broker does not read the list")
        case .listExpired: try await set(.listExpires, broker, true, "the broker says that it has expired")
        case .unclear(let words):
            try await set(.unproved, broker, true, "the canary got no answer: \(words)")
            return
        }
        try await set(.unproved, broker, false, "the broker answers")
    }

    /// Raises or clears an alarm, where that is news.
    private func set(_ alarm: BrokerAlarm, _ broker: BrokerConfiguration, _ isRaised: Bool, _ detail: String)
        async throws
    {
        guard desk.isRaised(alarm, broker.name) != isRaised else { return }
        try await record(.alarm(broker: broker.name, alarm: alarm, isRaised: isRaised, detail: detail))
        say("picket: \(isRaised ? "ALARM" : "no more alarm") \(alarm.rawValue) of \(broker.name): \(detail)")
    }
}
