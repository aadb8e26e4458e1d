import Foundation
import PicketEvents
import Testing

@testable import PicketFeeds

/// The decoder and Foundation's JSONSerialization read the same lines.
@Suite("NDJSON: against Foundation's JSON")
struct NDJSONFuzzTests {
    /// What a reader made of a line.
    private enum Verdict: Equatable {
        case object
        case rejected(RejectionReason)
        case nothing
    }

    /// Reasons that say that a line is no JSON object, or none that is read; the others are about what it says.
    private static let syntactic: Set<RejectionReason> = [
        .notUTF8, .notJSON, .notObject, .cutOff, .tooDeep, .duplicateKey,
    ]

    private static func verdict(_ line: [UInt8]) -> Verdict {
        var decoder = NDJSONDecoder(feed: FeedID(0))
        let batch = decoder.decode(line + [0x0A], isLast: true, limit: .max).batch
        guard batch.count > 0 else { return .nothing }
        guard batch.head[0].kind == .rejected else { return .object }
        let reason = batch.attributes(of: 0).first.flatMap { batch.string($0.text) }.flatMap(
            RejectionReason.init(rawValue:))
        guard let reason, syntactic.contains(reason) else { return .object }
        return .rejected(reason)
    }

    private static func foundation(_ line: [UInt8]) -> [String: Any]? {
        try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
    }

    /// Whether two values that Foundation read are the same, texts by their bytes.
    private static func same(_ one: Any, _ other: Any) -> Bool {
        switch (one, other) {
        case (let one as String, let other as String): one.utf8.elementsEqual(other.utf8)
        case (let one as [String: Any], let other as [String: Any]):
            one.count == other.count && one.allSatisfy { key, value in other[key].map { same(value, $0) } ?? false }
        case (let one as [Any], let other as [Any]): one.count == other.count && zip(one, other).allSatisfy(same)
        case (let one as NSNumber, let other as NSNumber): one == other
        default: one is NSNull && other is NSNull
        }
    }

    /// Whether a value holds what looks like a secret, by its name or by itself: chance writes `pw:` too, and what is hidden
    /// is not what Foundation reads.
    private static func holdsSecret(_ value: Any) -> Bool {
        switch value {
        case let text as String: Redaction.redacted(Array(text.utf8)) != nil
        case let object as [String: Any]:
            object.contains {
                Redaction.isSensitive(Array($0.key.utf8)) || holdsSecret($0.key) || holdsSecret($0.value)
            }
        case let list as [Any]: list.contains(where: holdsSecret)
        default: false
        }
    }

    /// A line with every column of a batch, and a nested value, in any order.
    private static func event(_ random: inout RandomJSON) -> String {
        var members = [
            ("kind", "\"report\""), ("ts", "\"\(NDJSON.time)\""),
            ("metrics", random.object([("a", random.value(depth: 4))])),
        ]
        for key in ["device", "client", "user", "topic", "address", "reportId"] where !random.oneIn(4) {
            members.append((key, random.string()))
        }
        for number in 0..<Int.random(in: 0...3, using: &random.dice) {
            members.append(("\(number)" + random.letters(upTo: 5), random.value(depth: 2)))
        }
        members.shuffle(using: &random.dice)
        return random.exactObject(members)
    }

    @Test("What is written as JSON is read, and every text is what Foundation reads", arguments: RandomSeeds.all)
    func documents(seed: UInt64) throws {
        var random = RandomJSON(seed: seed)
        var compared = 0
        for _ in 0..<1_500 {
            let line = NDJSONFuzzTests.event(&random)
            let place = "PICKET_SEED=\(seed): \(line)"
            let object = try #require(NDJSONFuzzTests.foundation(Array(line.utf8)), "\(place)")
            if NDJSONFuzzTests.holdsSecret(object) { continue }
            compared += 1
            var decoder = NDJSONDecoder(feed: FeedID(0))
            let batch = decoder.decode(Array(line.utf8), isLast: true, limit: .max).batch
            try #require(batch.count == 1 && batch.head[0].kind == .report, "\(place)\n\(NDJSON.lines(batch))")
            let names = batch.names[0]
            var texts = [
                "device": names.device, "client": names.client, "user": names.user, "topic": names.topic,
                "address": names.address,
            ]
            var metrics: [UInt8] = []
            for attribute in batch.attributes(of: 0) {
                if attribute.key == .reportId { texts["reportId"] = attribute.text }
                if attribute.key == .metrics { metrics = Array(batch.text[attribute.text.range]) }
            }
            for (key, slice) in texts {
                // Bytes: two texts that only look the same are different devices.
                let text = slice.isPresent ? Array(batch.text[slice.range]) : nil
                // A device without a client id has its name for one, and the other way round.
                let other = ["device": "client", "client": "device"][key]
                let value = object[key] ?? other.flatMap { object[$0] }
                let expected = (value as? String).map { Array($0.utf8) }
                #expect(text == expected, "\(key) of \(place)")
            }
            let kept = try #require(NDJSONFuzzTests.foundation(metrics), "\(place)")
            let isSame = NDJSONFuzzTests.same(kept, object["metrics"] as Any)
            #expect(isSame, "\(String(decoding: metrics, as: UTF8.self)) of \(place)")
            #expect(!metrics.contains { $0 < 0x20 }, "\(place)")
        }
        #expect(compared > 1_400, "PICKET_SEED=\(seed): \(compared) compared")
    }

    @Test("A broken line is a JSON object for both or for none", arguments: RandomSeeds.all)
    func mutations(seed: UInt64) {
        var random = RandomJSON(seed: seed)
        var accepted = 0
        var rejected = 0
        for _ in 0..<6_000 {
            let whole = random.oneIn(3) ? random.value(depth: 1) : NDJSONFuzzTests.event(&random)
            let line = random.mutated(Array(whole.utf8))
            let ours = NDJSONFuzzTests.verdict(line)
            let theirs = NDJSONFuzzTests.foundation(line) != nil
            if theirs { accepted += 1 } else { rejected += 1 }
            switch ours {
            case .object where theirs, .nothing where !theirs, .rejected where !theirs: continue
            // Foundation takes the last of two equal keys and nests deeper; we do neither (DESIGN §4).
            case .rejected(.duplicateKey), .rejected(.tooDeep): continue
            case _ where NDJSONFuzzTests.isKnownDifference(line, ours): continue
            default:
                Issue.record(
                    """
                    PICKET_SEED=\(seed): \(String(decoding: line, as: UTF8.self)) \(line)
                    here: \(ours), Foundation: \(theirs ? "an object" : "none")
                    """)
            }
        }
        // The comparison says something only when there is enough of both.
        #expect(accepted > 300 && rejected > 300, "PICKET_SEED=\(seed): \(accepted) accepted, \(rejected) rejected")
    }

    /// Where Foundation is not strict, or not able: each is undone in the line, and both must agree on what is left.
    private static func isKnownDifference(_ line: [UInt8], _ ours: Verdict) -> Bool {
        switch ours {
        case .object:
            // A number that no Double can hold.
            return foundation(withSmallExponents(line)) != nil
        case .rejected(.notJSON):
            // A byte order mark, and other encodings, which it takes zeros for.
            if line.starts(with: [0xEF, 0xBB, 0xBF]) || line.prefix(4).contains(0) { return true }
            // A comma behind the last element.
            return verdict(withoutTrailingCommas(line)) == .object
        default:
            return false
        }
    }

    /// `line`, which is valid, with two digits at most in each exponent.
    private static func withSmallExponents(_ line: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        var isString = false
        var isEscape = false
        var exponentDigits: Int?
        for byte in line {
            if isString {
                if byte == 0x22 && !isEscape { isString = false }
                isEscape = byte == 0x5C && !isEscape
            } else if let digits = exponentDigits, (0x30...0x39).contains(byte) {
                exponentDigits = digits + 1
                if digits >= 2 { continue }
            } else if byte != 0x2B && byte != 0x2D {
                // The e of true and false is followed by no digit.
                exponentDigits = byte | 0x20 == 0x65 ? 0 : nil
                isString = byte == 0x22
            }
            out.append(byte)
        }
        return out
    }

    private static func withoutTrailingCommas(_ line: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for byte in line {
            if byte == 0x5D || byte == 0x7D {
                let spaces = out.reversed().prefix { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }.count
                if out.dropLast(spaces).last == 0x2C { out.removeLast(spaces + 1) }
            }
            out.append(byte)
        }
        return out
    }
}
