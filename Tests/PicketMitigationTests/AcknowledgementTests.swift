import PicketEvents
import PicketMitigation
import Testing

/// Whose acknowledgement it is.
struct AcknowledgementTests {
    /// What happens on the way: heard by us, or recorded by the broker.
    private enum Sign {
        case heard(Int, Acknowledgement?)
        case recorded(String, Int, Identity = .certificate)
    }

    private func proof(_ signs: [Sign], acceptsPassword: Bool = false, asked: Bool = true) -> AcknowledgementProof {
        var proof = AcknowledgementProof(
            device: "t-1", topic: "cmd/t-1/ack", command: ("cmd/t-1/x", "picket-1"), acceptsPassword: acceptsPassword)
        if asked { record(&proof, "picket", "picket-1", "cmd/t-1/x", 9, .certificate) }
        for sign in signs {
            switch sign {
            case .heard(let bytes, let answer): proof.hear(bytes: bytes, answer)
            case .recorded(let device, let bytes, let identity):
                record(&proof, device, device, "cmd/t-1/ack", bytes, identity)
            }
        }
        return proof
    }

    private func record(
        _ proof: inout AcknowledgementProof, _ device: String, _ client: String, _ topic: String, _ bytes: Int,
        _ identity: Identity
    ) {
        var batch = EventBatch()
        let names = [device, client, topic].map { batch.appendText($0.utf8) }
        batch.append(
            EventBatch.Head(kind: .publish, identity: identity, flags: .hasBytes, feed: FeedID(0)), time: 0,
            bytes: Int64(bytes), device: names[0], client: names[1], topic: names[2])
        proof.observe(batch, rows: 0..<1)
    }

    @Test func `the device's own answer is proved as soon as both are known`() {
        #expect(!proof([.heard(40, .done)]).isProved)
        #expect(!proof([.recorded("t-1", 40)]).isProved)
        #expect(proof([.heard(40, .done), .recorded("t-1", 40)]).isProved)
        #expect(proof([.recorded("t-1", 40), .heard(40, .done)]).isProved)
    }

    @Test func `somebody else's is not, whatever else the device says`() {
        #expect(!proof([.heard(40, .done), .recorded("t-2", 40)]).isProved)
        #expect(!proof([.heard(40, .done), .recorded("t-2", 40), .recorded("t-1", 41), .heard(41, nil)]).isProved)
        // The device says something else of the same length, and the record of the forgery is late.
        #expect(!proof([.heard(40, nil), .heard(40, .done), .recorded("t-1", 40)]).isProved)
        #expect(!proof([.heard(40, nil), .heard(40, .done), .recorded("t-1", 40), .recorded("t-2", 40)]).isProved)
    }

    @Test func `a forgery beside the real one takes nothing from it`() {
        let signs: [Sign] = [.recorded("t-2", 40), .heard(40, .done), .recorded("t-1", 40), .heard(40, .done)]
        #expect(proof(signs).isProved)
        #expect(proof(signs).stranger == "t-2")
    }

    @Test func `what another broker records is about other messages`() {
        var proof = AcknowledgementProof(
            device: "t-1", topic: "cmd/t-1/ack", command: ("cmd/t-1/x", "picket-1"), acceptsPassword: false,
            feed: FeedID(1))
        record(&proof, "picket", "picket-1", "cmd/t-1/x", 9, .certificate)
        proof.hear(bytes: 40, .done)
        record(&proof, "t-1", "t-1", "cmd/t-1/ack", 40, .certificate)
        #expect(!proof.isProved)
    }

    @Test func `what came before the question is no answer`() {
        #expect(!proof([.recorded("t-1", 40), .heard(40, .done)], asked: false).isProved)
    }

    @Test func `asked again, on another connection, only what comes after counts`() {
        var proof = proof([.recorded("t-1", 40)])
        proof.askAgain()
        proof.hear(bytes: 40, .done)
        #expect(!proof.isProved)
        record(&proof, "t-1", "t-1", "cmd/t-1/ack", 40, .certificate)
        #expect(!proof.isProved, "the question itself was not seen yet")
        record(&proof, "picket", "picket-1", "cmd/t-1/x", 9, .certificate)
        record(&proof, "t-1", "t-1", "cmd/t-1/ack", 40, .certificate)
        #expect(proof.isProved)
    }

    @Test func `a claimed name proves nothing, a password where it is bound`() {
        #expect(!proof([.recorded("t-1", 40, .claimed), .heard(40, .done)]).isProved)
        #expect(!proof([.recorded("t-1", 40, .password), .heard(40, .done)]).isProved)
        #expect(proof([.recorded("t-1", 40, .password), .heard(40, .done)], acceptsPassword: true).isProved)
    }

    @Test func `a forged refusal counts for nothing too`() {
        #expect(!proof([.heard(40, .refused("REJECTED")), .recorded("t-2", 40)]).isRefused)
        #expect(proof([.heard(40, .refused("REJECTED")), .recorded("t-1", 40)]).isRefused)
    }

    @Test(arguments: [
        (#"{"id":"r-1"}"#, false, Acknowledgement.done), ("r-1\n", false, .done), (#"{"id":"r-2"}"#, false, nil),
        (#"{"status":"SUCCEEDED"}"#, true, .done), (#"{"status":"SUCCEEDED"}"#, false, nil),
        (#"{"status":"IN_PROGRESS"}"#, true, .underWay), (#"{"status":"failed"}"#, true, .refused("FAILED")),
        (#"{"clientToken":"r-1","status":"REJECTED"}"#, false, .refused("REJECTED")), ("", true, .done),
        ("", false, nil),
        (#"["r-1"]"#, false, nil),
    ])
    func `an answer names the request, or its topic does`(payload: String, names: Bool, wanted: Acknowledgement?) {
        #expect(Acknowledgement.read(Array(payload.utf8), request: "r-1", topicNamesRequest: names) == wanted)
    }
}
