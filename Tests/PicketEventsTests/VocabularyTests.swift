import Testing

@testable import PicketEvents

/// The words of the record. They are in logs for ever: whoever changes a table here changes what old logs mean.
@Suite("Vocabulary")
struct VocabularyTests {
    static let feedKinds = [
        "connect", "connect-failed", "disconnect", "publish", "deliver", "subscribe", "unsubscribe", "denied",
        "dropped",
        "report", "alert", "transfer", "broker", "user", "service",
    ]
    static let ownKinds = [
        "violation", "mitigation", "operator", "profile", "feed", "gap", "tick", "clock", "log", "finding",
    ]

    @Test("The kinds, and which of them a feed may not send")
    func kinds() {
        let names = EventKind.allCases.map { "\($0.name)" }
        #expect(names == VocabularyTests.feedKinds + ["rejected"] + VocabularyTests.ownKinds)
        for kind in EventKind.allCases {
            let name = "\(kind.name)"
            #expect(EventKind(name: name) == kind)
            #expect(kind.isPicketOwn == VocabularyTests.ownKinds.contains(name), "\(name)")
            #expect(kind.isReserved == !VocabularyTests.feedKinds.contains(name), "\(name)")
            #expect(kind.isDeviceClaimed == ["report", "alert"].contains(name), "\(name)")
            #expect(kind.code == kind.rawValue)
        }
        for stranger in ["", "Publish", "PUBLISH", "publish ", "connect_failed", "auth_failure"] {
            #expect(EventKind(name: stranger) == nil)
        }
    }

    @Test("A set of kinds holds what was put in, and nothing else")
    func kindSets() {
        for kind in EventKind.allCases {
            #expect(EventKindSet(kind).kinds == [kind])
            for other in EventKind.allCases { #expect(EventKindSet(kind).contains(other) == (kind == other)) }
        }
        var set = EventKindSet(.publish, .log)
        set.formUnion(EventKindSet(.connect))
        #expect(set.kinds == [.connect, .publish, .log])
    }

    @Test("The reasons of a disconnect and of a refused connection")
    func reasons() {
        #expect(
            Reason.disconnectReasons.map { "\($0.name)" } == [
                "client", "keepalive-timeout", "connection-lost", "takeover", "kicked", "protocol-error", "oversize",
                "not-authorized", "server", "throttled", "expired", "unknown",
            ])
        #expect(
            Reason.connectFailedReasons.map { "\($0.name)" } == [
                "not-authorized", "bad-certificate", "bad-client-id", "protocol-error", "unavailable", "banned",
                "unknown",
            ])
        #expect(Set(Reason.allCases.map { "\($0.name)" }).count == Reason.allCases.count)
        #expect("\(Reason.none.name)" == "")
    }

    @Test("The ways an identity is proved, from the weakest")
    func identities() {
        #expect(Identity.allCases.sorted() == Identity.allCases)
        #expect(Identity.allCases.map { "\($0.name)" } == ["claimed", "by-acl", "password", "certificate"])
    }

    @Test("The keys of each kind, in the order in which a line has them", arguments: EventKind.allCases)
    func keys(of kind: EventKind) {
        let own: [String: String] = [
            "connect": "listener tls certificate protocol keepalive clean session connection firmware",
            "connect-failed": "listener certificate protocol reason",
            "disconnect": "reason session connection",
            "publish": "certificate topic bytes qos retain",
            "deliver": "certificate topic bytes qos retain",
            "subscribe": "topic qos granted",
            "unsubscribe": "topic qos granted",
            "denied": "action topic",
            "dropped": "topic reason",
            "report": "reportId metrics notes",
            "alert": "alertType product firmware symptoms payload",
            "transfer": "operation object replyTo expires keyFingerprint decision",
            "broker": "name value",
            "user": "action resource outcome agent mfa origin code",
            "service": "service level code message",
            "rejected": "reason bytes sha256",
        ]
        let allowed = EventKey.allowed(in: kind)
        let names = EventKey.allCases.filter { allowed & 1 << UInt64($0.rawValue) != 0 }.map { "\($0.name)" }
        let expected =
            ["device", "client", "user", "identity"]
            + (own["\(kind.name)"] ?? "").split(separator: " ").map(String.init)
        #expect(names == expected + ["clock", "unknown", "address"])
    }

    @Test("A key's name is its own, and its form is one of four")
    func keyForms() {
        #expect(Set(EventKey.allCases.map { "\($0.name)" }).count == EventKey.allCases.count)
        func keys(_ form: EventKey.Form) -> String {
            EventKey.allCases.filter { $0.form == form }.map { "\($0.name)" }.joined(separator: " ")
        }
        #expect(keys(.integer) == "keepalive connection bytes qos granted")
        #expect(keys(.flag) == "clean retain mfa")
        #expect(keys(.json) == "tls certificate metrics notes symptoms payload value unknown")
        // A set of keys is 64 bits.
        #expect(EventKey.allCases.count <= 64)
    }
}
