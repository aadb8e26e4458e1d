/// Turns an expression into an automaton: Thompson's construction, with the steps that consume nothing followed once
/// here instead of at every byte.
struct AutomatonCompiler {
    /// A node of the construction.
    private enum Node {
        /// Consumes a byte; its state is the number beside it.
        case consume([ClosedRange<UInt8>], state: Int, next: Int)
        /// Consumes nothing.
        case fork([Int])
        case atStart(Int)
        case atEnd(Int)
        case accept
    }

    private var nodes: [Node] = []
    private var stateCount = 0
    /// Steps left. Nested repetitions of what consumes nothing make no states and could still go on forever.
    private var budget = 64 * ProfileLimits.automatonStates

    /// The automaton of `syntax`; nil when it is too large.
    mutating func compile(_ syntax: ExpressionSyntax) -> Automaton? {
        nodes = [.accept]
        guard let start = add(syntax, before: 0) else { return nil }
        var consuming = [Automaton.States](repeating: .zero, count: 256)
        var following = [Automaton.States](repeating: .zero, count: ProfileLimits.automatonStates)
        var followingAtEnd = following
        for case .consume(let ranges, let state, let next) in nodes {
            for byte in ranges.joined() { consuming[Int(byte)].insert(state) }
            following[state] = reach(next, isStart: false, isEnd: false)
            followingAtEnd[state] = reach(next, isStart: false, isEnd: true)
        }
        return Automaton(
            consuming: consuming, following: following, followingAtEnd: followingAtEnd,
            initial: reach(start, isStart: true, isEnd: false), initialAtEnd: reach(start, isStart: true, isEnd: true),
            restart: reach(start, isStart: false, isEnd: false),
            restartAtEnd: reach(start, isStart: false, isEnd: true))
    }

    /// Adds the nodes of `syntax`, which lead to `next`, and returns the first of them.
    private mutating func add(_ syntax: ExpressionSyntax, before next: Int) -> Int? {
        budget -= 1
        guard budget > 0 else { return nil }
        switch syntax {
        case .empty: return next
        case .start: return append(.atStart(next))
        case .end: return append(.atEnd(next))
        case .character(let set): return add(set, before: next)
        case .sequence(let items):
            var next = next
            for item in items.reversed() {
                guard let first = add(item, before: next) else { return nil }
                next = first
            }
            return next
        case .alternatives(let branches):
            var firsts: [Int] = []
            for branch in branches {
                guard let first = add(branch, before: next) else { return nil }
                firsts.append(first)
            }
            return append(.fork(firsts))
        case .repetition(let item, let least, let greatest): return add(item, least, greatest, before: next)
        }
    }

    private mutating func add(_ item: ExpressionSyntax, _ least: Int, _ greatest: Int?, before next: Int) -> Int? {
        var first = next
        if let greatest {
            // The optional ones are nested, each leading to the end of all: (x(x(x)?)?)?
            for _ in least..<greatest {
                guard let inner = add(item, before: first) else { return nil }
                guard let fork = append(.fork([inner, next])) else { return nil }
                first = fork
            }
        } else {
            guard let loop = append(.fork([])), let inner = add(item, before: loop) else { return nil }
            nodes[loop] = .fork([inner, next])
            first = loop
        }
        for _ in 0..<least {
            guard let inner = add(item, before: first) else { return nil }
            first = inner
        }
        return first
    }

    /// One character, as the bytes of its UTF-8.
    private mutating func add(_ set: CharacterSet, before next: Int) -> Int? {
        if set.holdsAllOthers {
            // The common case (`.`, `[^/]`, `\W`): a byte that begins a character, and those that go on with it.
            guard let loop = append(.fork([])), let more = consume([0x80...0xBF], before: loop) else { return nil }
            nodes[loop] = .fork([more, next])
            return consume(set.asciiRanges + [0xC0...0xFF], before: loop)
        }
        var firsts: [Int] = []
        if !set.asciiRanges.isEmpty || set.otherRanges.isEmpty {
            guard let first = consume(set.asciiRanges, before: next) else { return nil }
            firsts.append(first)
        }
        for range in set.otherRanges {
            for sequence in UTF8Ranges.sequences(range) {
                var first = next
                for bytes in sequence.reversed() {
                    guard let state = consume([bytes], before: first) else { return nil }
                    first = state
                }
                firsts.append(first)
            }
        }
        return firsts.count == 1 ? firsts[0] : append(.fork(firsts))
    }

    private mutating func consume(_ ranges: [ClosedRange<UInt8>], before next: Int) -> Int? {
        guard stateCount < Automaton.accepting else { return nil }
        stateCount += 1
        return append(.consume(ranges, state: stateCount - 1, next: next))
    }

    private mutating func append(_ node: Node) -> Int? {
        budget -= 1
        guard budget > 0 else { return nil }
        nodes.append(node)
        return nodes.count - 1
    }

    /// The states that can be reached from `node` without consuming anything.
    private func reach(_ node: Int, isStart: Bool, isEnd: Bool) -> Automaton.States {
        var states = Automaton.States.zero
        var seen = [Bool](repeating: false, count: nodes.count)
        var open = [node]
        while let node = open.popLast() {
            guard !seen[node] else { continue }
            seen[node] = true
            switch nodes[node] {
            case .consume(_, let state, _): states.insert(state)
            case .fork(let next): open.append(contentsOf: next)
            case .atStart(let next): if isStart { open.append(next) }
            case .atEnd(let next): if isEnd { open.append(next) }
            case .accept: states.insert(Automaton.accepting)
            }
        }
        return states
    }
}
