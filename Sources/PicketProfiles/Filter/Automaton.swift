/// A nondeterministic automaton over bytes that is in many states at once: one bit for each, in four words.
final class Automaton: Sendable {
    /// A set of states.
    typealias States = SIMD4<UInt64>

    /// The state that means "found".
    static let accepting = ProfileLimits.automatonStates - 1

    /// For each byte, the states that can consume it.
    private let consuming: [States]
    /// For each state, where it leads once it has consumed a byte that is not the last one, and that is.
    private let following: [States]
    private let followingAtEnd: [States]
    /// The states a search begins in: at the start of a text, further on, and each at the end of the text.
    private let initial: States
    private let initialAtEnd: States
    private let restart: States
    private let restartAtEnd: States

    init(
        consuming: [States], following: [States], followingAtEnd: [States], initial: States, initialAtEnd: States,
        restart: States, restartAtEnd: States
    ) {
        self.consuming = consuming
        self.following = following
        self.followingAtEnd = followingAtEnd
        self.initial = initial
        self.initialAtEnd = initialAtEnd
        self.restart = restart
        self.restartAtEnd = restartAtEnd
    }

    /// Whether the expression is found in the text in `range`.
    func matches(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        var states = range.isEmpty ? initialAtEnd : initial
        var position = range.lowerBound
        while true {
            if states.contains(Automaton.accepting) { return true }
            guard position < range.upperBound else { return false }
            let live = states & consuming[Int(text.unsafeLoad(fromByteOffset: position, as: UInt8.self))]
            position += 1
            let isEnd = position == range.upperBound
            states = isEnd ? restartAtEnd : restart
            if live == .zero {
                // An expression that may only begin at the start is beyond help.
                if states == .zero && restartAtEnd == .zero { return false }
                continue
            }
            for word in 0..<4 {
                var bits = live[word]
                while bits != 0 {
                    let state = word * 64 + bits.trailingZeroBitCount
                    bits &= bits &- 1
                    states |= isEnd ? followingAtEnd[state] : following[state]
                }
            }
        }
    }
}

extension SIMD4<UInt64> {
    /// Whether `state` is in the set.
    @inline(__always)
    func contains(_ state: Int) -> Bool { self[state >> 6] & (1 << UInt64(state & 63)) != 0 }

    /// Adds `state`.
    mutating func insert(_ state: Int) { self[state >> 6] |= 1 << UInt64(state & 63) }
}
