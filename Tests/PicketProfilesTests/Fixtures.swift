import Foundation
import PicketEvents
import Testing

@testable import PicketProfiles

/// Random numbers that are the same in every run, so that a failure can be looked at again (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}

/// Where the files of these tests lie.
enum Fixtures {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    /// Reads `text` as a profile that must be right.
    static func profile(_ text: String, file: String = "test.yaml") throws -> SecurityProfile {
        let (profile, diagnostics) = ProfileLoader.parse(text: text, file: file)
        guard let profile else { throw Broken(text: DiagnosticRenderer().text(diagnostics)) }
        return profile
    }

    /// The one behavior of a profile whose lines are `behavior`.
    static func behavior(_ behavior: String) throws -> Behavior {
        try profile("profile: p\ntargets: [all]\nbehaviors:\n  - \(behavior)\n").behaviors[0]
    }

    /// The filter of a behavior whose `where` is `text`.
    static func filter(_ text: String, metric: String = "count") throws -> Filter {
        let behavior = try behavior("{ name: b, metric: \(metric), where: \(text), alarm: any }")
        return try #require(behavior.filter)
    }

    struct Broken: Error, CustomStringConvertible {
        var text: String
        var description: String { text }
    }

    /// A batch with one event.
    static func batch(
        _ kind: EventKind, device: String? = nil, client: String? = nil, user: String? = nil, address: String? = nil,
        topic: String? = nil, reason: Reason = .none, identity: Identity = .claimed, bytes: Int64? = nil,
        qos: UInt8? = nil, retain: Bool = false
    ) -> EventBatch {
        var batch = EventBatch()
        func slice(_ text: String?) -> TextSlice { text.map { batch.appendText(Array($0.utf8)) } ?? .none }
        let texts = [device, client, user, address, topic].map { slice($0) }
        var flags: EventBatch.Flags = []
        if bytes != nil { flags.insert(.hasBytes) }
        if qos != nil { flags.insert(.hasQoS) }
        if retain { flags.insert(.retain) }
        batch.append(
            .init(kind: kind, reason: reason, identity: identity, flags: flags, qos: qos ?? 0, feed: FeedID(0)),
            time: 0, bytes: bytes ?? 0, device: texts[0], client: texts[1], user: texts[2], address: texts[3],
            topic: texts[4])
        return batch
    }
}
