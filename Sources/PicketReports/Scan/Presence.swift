/// When records were written at all. A running Picket writes one at least every minute, so a stretch without any is a
/// stretch in which nobody watched.
struct Presence: Sendable {
    /// The records of one block, in log order.
    struct Block: Sendable {
        var first: UInt64
        var end: UInt64
        /// `received` of its first and its last record, Unix ms.
        var from: Int64
        var to: Int64
        /// The same of the last record in it that a running Picket wrote; nil when there is none.
        var alive: Int64?
    }

    /// A stretch between two records.
    struct Pause: Sendable {
        /// The record after it.
        var index: UInt64
        var from: Int64
        var to: Int64
    }

    /// How long a running Picket is silent at most, with room for a busy machine: twice the minute of its heartbeat.
    static let silence: Int64 = 120_000

    private(set) var blocks: [Block] = []
    private(set) var pauses: [Pause] = []
    /// For each record that says that Picket started: when a running Picket had last written something before it in
    /// the same block, Unix ms.
    private(set) var before: [UInt64: Int64] = [:]

    /// The block that is being read: a value of its own, because every record changes it.
    private var current = Block(first: 0, end: 0, from: .min, to: .min)

    mutating func begin(_ first: UInt64) {
        end()
        current = Block(first: first, end: first, from: .min, to: .min)
    }

    private mutating func end() {
        if current.from != .min { blocks.append(current) }
        current.from = .min
    }

    /// Takes the next record of the block.
    ///
    /// - Parameters:
    ///   - isAlive: a running Picket wrote it; a command that reads the log writes records too.
    ///   - isStart: it says that Picket started.
    mutating func take(_ index: UInt64, _ received: Int64, isAlive: Bool, isStart: Bool) {
        if current.from == .min {
            current.from = received
        } else if received - current.to > Presence.silence {
            pauses.append(Pause(index: index, from: current.to, to: received))
        }
        if isStart { before[index] = current.alive }
        current.end = index + 1
        current.to = received
        if isAlive { current.alive = received }
    }

    mutating func merge(_ other: Presence) {
        var other = other
        other.end()
        blocks += other.blocks
        pauses += other.pauses
        before.merge(other.before) { first, _ in first }
    }

    /// Puts the blocks in order, and finds the pauses between them.
    mutating func finish() {
        end()
        blocks.sort { $0.first < $1.first }
        for (earlier, later) in zip(blocks, blocks.dropFirst()) where later.from - earlier.to > Presence.silence {
            pauses.append(Pause(index: later.first, from: earlier.to, to: later.from))
        }
        pauses.sort { $0.index < $1.index }
    }

    /// When a running Picket had last written something before record `index`; nil when it never had. Call
    /// ``finish()`` first.
    func alive(before index: UInt64) -> Int64? {
        if let time = before[index] { return time }
        return blocks.last { $0.first < index && $0.end <= index && $0.alive != nil }?.alive
    }
}
