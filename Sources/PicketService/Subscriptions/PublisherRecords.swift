import PicketEvents
import PicketFeeds
import PicketLocks

/// Who published the messages of a subscription. What a subscriber hears does not say who spoke; the broker's own records
/// do, from its plugin or its log, and hold no payloads. Topic and length join the two.
///
/// Of several records with one topic and one length nobody knows which belongs to which message: messages may overtake each
/// other. If all of them are of one device that does not matter. If not, none of these messages is anybody's.
final class PublisherRecords: Sendable {
    private struct Key: Hashable {
        let topic: String
        let bytes: Int64
    }

    /// Records without a message yet, of one key.
    private struct Group {
        var publisher: FeedMessage.Publisher
        var count = 0
        /// The newest, in the broker's time.
        var time: Int64
    }

    private struct State {
        var groups: [Key: Group] = [:]
        /// The newest record, in the broker's time.
        var newest = Int64.min
        /// Messages that were taken without a record, which may still come, and until when it would be theirs.
        var missed: [Key: (count: Int, until: ContinuousClock.Instant)] = [:]
        /// Records seen, to know whether any come.
        var seen = 0
        /// Records seen when waiting was in vain the last time; nil when it was not.
        var seenInVain: Int?
    }

    private let filters: [[[UInt8]]]
    private let state = Locked(State())

    /// A record whose message has not come by then, in the broker's own time, belongs to one that never will: it was lost,
    /// or published while nobody listened. In milliseconds.
    private static let longestWait: Int64 = 60_000
    /// Beyond, old groups are dropped, and messages of theirs are nobody's word but the device's own.
    private static let groups = 65_536

    /// - Parameter topics: the filters of the subscription.
    init(topics: [String]) {
        filters = topics.map { topic in
            // A shared subscription names its group before the filter (MQTT 5 §4.8.2).
            let levels = topic.utf8.split(separator: 0x2F, omittingEmptySubsequences: false).map(Array.init)
            return topic.hasPrefix("$share/") ? Array(levels.dropFirst(2)) : levels
        }
    }

    /// Events of the broker that are in the log.
    func observe(_ batch: EventBatch, rows: Range<Int>) {
        state.withLock { state in
            batch.text.withUnsafeBufferPointer { text in
                for row in rows where batch.head[row].kind == .publish && batch.head[row].flags.contains(.hasBytes) {
                    let topic = batch.names[row].topic
                    guard topic.isPresent, matches(UnsafeBufferPointer(rebasing: text[topic.range])) else { continue }
                    PublisherRecords.note(batch, row, in: &state)
                }
            }
        }
    }

    private static func note(_ batch: EventBatch, _ row: Int, in state: inout State) {
        let names = batch.names[row]
        guard let topic = batch.string(names.topic), let device = batch.string(names.device) else { return }
        state.seen += 1
        state.newest = max(state.newest, batch.time[row])
        let key = Key(topic: topic, bytes: batch.bytes[row])
        if let missed = state.missed[key] {
            state.missed[key] = missed.count > 1 ? (missed.count - 1, missed.until) : nil
            if ContinuousClock.now < missed.until { return }
        }
        let publisher = FeedMessage.Publisher(device: device, identity: batch.head[row].identity)
        var group = state.groups[key] ?? Group(publisher: publisher, time: batch.time[row])
        if batch.time[row] - group.time > longestWait { group = Group(publisher: publisher, time: batch.time[row]) }
        if group.publisher.device != device { group.publisher.device = nil }
        if group.publisher.identity != publisher.identity { group.publisher.identity = .claimed }
        group.count += 1
        group.time = batch.time[row]
        state.groups[key] = group
        guard state.groups.count > groups else { return }
        let end = state.newest - longestWait
        state.groups = state.groups.filter { $0.value.time >= end }
        if state.groups.count > groups { state.groups.removeAll() }
    }

    /// Who published a message of `bytes` on `topic`; nil as long as the broker has no record of it.
    private func take(_ topic: String, bytes: Int64) -> FeedMessage.Publisher? {
        let key = Key(topic: topic, bytes: bytes)
        return state.withLock { state in
            guard var group = state.groups[key] else { return nil }
            group.count -= 1
            state.groups[key] = group.count == 0 ? nil : group
            return group.publisher
        }
    }

    /// As ``longestWait``, the other way round.
    private static let longestDelay = Duration.seconds(60)
    /// How long records may be behind messages: the plugin sends them every 20 ms, a log is read when it was written.
    private static let patience = Duration.seconds(2)
    private static let lookEvery = Duration.milliseconds(5)

    /// Sets the publishers of `messages`, as far as the broker has said who they are in a while.
    func fill(_ messages: inout [FeedMessage]) async throws {
        let deadline = ContinuousClock.now + PublisherRecords.patience
        for index in messages.indices {
            let bytes = Int64(messages[index].oversizeBytes ?? messages[index].payload.count)
            while true {
                messages[index].publisher = take(messages[index].topic, bytes: bytes)
                guard messages[index].publisher == nil, !messages[index].retain else { break }
                // Where no records came the last time, and none since, nobody waits again.
                let isHopeless = state.withLock { $0.seenInVain == $0.seen }
                guard !isHopeless, ContinuousClock.now < deadline else {
                    miss(messages[index].topic, bytes: bytes)
                    break
                }
                try await Task.sleep(for: PublisherRecords.lookEvery)
            }
        }
    }

    /// A message goes on without its record. When that comes, it must not be taken for that of another message.
    private func miss(_ topic: String, bytes: Int64) {
        state.withLock { state in
            state.seenInVain = state.seen
            if state.missed.count >= PublisherRecords.groups { state.missed.removeAll() }
            let count = state.missed[Key(topic: topic, bytes: bytes)]?.count ?? 0
            state.missed[Key(topic: topic, bytes: bytes)] = (count + 1, .now + PublisherRecords.longestDelay)
        }
    }

    /// Messages in between were not heard, and their records are of no use.
    func forget() {
        state.withLock { state in
            state.groups.removeAll()
            state.missed.removeAll()
        }
    }

    /// Whether a topic belongs to the subscription (MQTT 5 §4.7).
    private func matches(_ topic: UnsafeBufferPointer<UInt8>) -> Bool {
        for filter in filters {
            var start = 0
            var isMatch = true
            var index = 0
            levels: while index < filter.count {
                let level = filter[index]
                if level.count == 1, level[0] == 0x23 { return true }
                guard start <= topic.count else {
                    isMatch = false
                    break
                }
                var end = start
                while end < topic.count, topic[end] != 0x2F { end += 1 }
                if !(level.count == 1 && level[0] == 0x2B) {
                    guard level.count == end - start else {
                        isMatch = false
                        break
                    }
                    for offset in 0..<level.count where topic[start + offset] != level[offset] {
                        isMatch = false
                        break levels
                    }
                }
                start = end + 1
                index += 1
            }
            if isMatch, start == topic.count + 1 { return true }
        }
        return false
    }
}
