import NIOCore

/// What came and waits for the caller, bounded: when it is full, nothing is read from the connection.
struct ArrivalQueue {
    private var queue = CircularBuffer<MQTTArrival>()
    private var notices = 0
    private var bytes = 0

    var isEmpty: Bool { queue.isEmpty }

    /// Reading should stop.
    var isFull: Bool { queue.count - notices >= MQTTLimits.waitingMessages || bytes >= MQTTLimits.waitingBytes }

    /// Enough was taken for reading to go on. Half of it, so that reading does not stop and start for each message.
    var hasRoom: Bool {
        queue.count - notices <= MQTTLimits.waitingMessages / 2 && bytes <= MQTTLimits.waitingBytes / 2
    }

    mutating func append(_ message: MQTTMessage) {
        bytes += ArrivalQueue.bytes(message)
        queue.append(.message(message))
    }

    /// Adds a notice. A caller who only publishes takes none: of too many the oldest go.
    mutating func append(notice: MQTTArrival) {
        notices += 1
        queue.append(notice)
        guard notices > MQTTLimits.waitingNotices else { return }
        guard let oldest = queue.firstIndex(where: { if case .message = $0 { false } else { true } }) else { return }
        queue.remove(at: oldest)
        notices -= 1
    }

    mutating func take(upTo limit: Int) -> [MQTTArrival] {
        let count = min(limit, queue.count)
        var taken: [MQTTArrival] = []
        taken.reserveCapacity(count)
        for _ in 0..<count {
            let arrival = queue.removeFirst()
            if case .message(let message) = arrival { bytes -= ArrivalQueue.bytes(message) } else { notices -= 1 }
            taken.append(arrival)
        }
        return taken
    }

    private static func bytes(_ message: MQTTMessage) -> Int { message.payload.count + message.topic.utf8.count + 64 }
}
