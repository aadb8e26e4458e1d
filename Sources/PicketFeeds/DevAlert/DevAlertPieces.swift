import PicketEvents

/// Which pieces of a trace have come, by their numbers, as runs: mostly there is one.
struct DevAlertPieces: Sendable, Equatable {
    /// From the first to the last number of each run, ascending, with a gap between any two.
    private(set) var runs: [ClosedRange<UInt16>] = []

    /// Runs that are kept of one trace. A broker keeps the order of a device; pieces that leave more gaps than this are no
    /// trace that somebody sends.
    private static let most = 64

    /// How many there are.
    var count: Int { runs.reduce(0) { $0 + $1.count } }

    /// What one more piece is.
    enum Arrival {
        case new, repeated
        /// It would leave more gaps than are remembered.
        case tooScattered
    }

    /// Takes note of piece `number`.
    mutating func insert(_ number: UInt16) -> Arrival {
        let next = runs.firstIndex { $0.upperBound >= number } ?? runs.count
        if next < runs.count, runs[next].contains(number) { return .repeated }
        let joinsBefore = next > 0 && runs[next - 1].upperBound + 1 == number
        let joinsAfter = next < runs.count && runs[next].lowerBound - 1 == number
        switch (joinsBefore, joinsAfter) {
        case (true, true):
            runs[next - 1] = runs[next - 1].lowerBound...runs[next].upperBound
            runs.remove(at: next)
        case (true, false): runs[next - 1] = runs[next - 1].lowerBound...number
        case (false, true): runs[next] = number...runs[next].upperBound
        case (false, false):
            guard runs.count < DevAlertPieces.most else { return .tooScattered }
            runs.insert(number...number, at: next)
        }
        return .new
    }
}

extension DevAlertPieces: StateElement {
    static var blank: DevAlertPieces { DevAlertPieces() }

    mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("runs") { coder in
            var ends = runs.flatMap { [Int($0.lowerBound), Int($0.upperBound)] }
            try ends.code(&coder)
            guard coder.isReading else { return }
            guard ends.count % 2 == 0, ends.allSatisfy({ UInt16(exactly: $0) != nil }), ends == ends.sorted() else {
                throw StateProblem("these are no runs")
            }
            runs = stride(from: 0, to: ends.count, by: 2).map { UInt16(ends[$0])...UInt16(ends[$0 + 1]) }
        }
    }
}
