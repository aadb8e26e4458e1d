import PicketEvents
import Testing

/// States as bytes: the same values come back, and nothing else is taken for them.
@Suite("State coder")
struct StateCoderTests {
    private func roundTrip<Value: StateElement & Equatable>(_ value: Value) throws -> Bool {
        var copy = value
        var writer = StateCoder()
        try copy.code(&writer)
        var read = Value.blank
        var reader = StateCoder(reading: writer.written)
        try read.code(&reader)
        try reader.finish()
        return read == value && copy == value
    }

    @Test("numbers of every size, texts and collections come back")
    func roundTrips() throws {
        for number in [0, 1, -1, 63, 64, -64, -65, 1_795_003_200_000, .max, .min] as [Int64] {
            #expect(try roundTrip(number), "\(number)")
        }
        for number in [0, 127, 128, .max] as [UInt64] { #expect(try roundTrip(number), "\(number)") }
        #expect(try roundTrip(UInt32.max))
        #expect(try roundTrip(UInt8.max))
        #expect(try roundTrip(true))
        #expect(try roundTrip("tür, 門"))
        #expect(try roundTrip(Int64?.none))
        #expect(try roundTrip(Int64?.some(0)))
        #expect(try roundTrip([[1, 2], [], [-3]] as [[Int]]))
        #expect(try roundTrip([1: [Int64(5): 2], 7: [:]] as [Int: [Int64: Int]]))
        #expect(try roundTrip(Set(0..<500)))
        for identity in Identity.allCases { #expect(try roundTrip(identity)) }
    }

    @Test("the same collection is the same bytes, in whatever order it was filled")
    func order() throws {
        var bytes: Set<[UInt8]> = []
        for order in [Array(0..<100), Array((0..<100).reversed()), Array(0..<100).shuffled()] {
            var values: [Int: Int] = [:]
            for number in order { values[number] = -number }
            var coder = StateCoder()
            try values.code(&coder)
            bytes.insert(coder.written)
        }
        #expect(bytes.count == 1)
    }

    @Test("numbers most of which are 0 take no room where they are 0")
    func sparse() throws {
        var cells = [UInt32](repeating: 0, count: 10_000)
        cells[17] = 1
        cells[18] = .max
        cells[9_999] = 3
        var writer = StateCoder()
        try writer.code(sparse: &cells, limit: 10_000)
        #expect(writer.written.count < 20)
        var read: [UInt32] = []
        var reader = StateCoder(reading: writer.written)
        try reader.code(sparse: &read, limit: 10_000)
        #expect(read == cells)
        var small = StateCoder(reading: writer.written)
        #expect(throws: StateProblem("there are more panes than subjects have")) {
            try small.code(sparse: &read, limit: 9_999)
        }
    }

    @Test("names keep their numbers")
    func names() throws {
        var names = Interner()
        let texts = (0..<3_000).map { "device-\($0 * 7)-with-a-long-name" } + ["", "a"]
        for text in texts { _ = names.intern(Array(text.utf8).span.bytes, 0..<text.utf8.count) }
        var writer = StateCoder()
        try names.code(&writer)
        var read = Interner()
        var reader = StateCoder(reading: writer.written)
        try read.code(&reader)
        #expect(read.count == texts.count && texts.indices.allSatisfy { read.string($0) == texts[$0] })
    }

    @Test(
        "what is no such state is refused",
        arguments: [
            ([], "it is cut short"), ([0x80], "it is cut short"),
            ([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02], "a number has too many bytes"),
        ] as [([UInt8], String)])
    func refused(bytes: [UInt8], problem: String) {
        var reader = StateCoder(reading: bytes)
        var number: UInt64 = 0
        #expect(throws: StateProblem(problem)) { try reader.code(&number) }
    }

    @Test("a count beyond the bytes that are left is refused before there is memory for it")
    func counts() {
        var reader = StateCoder(reading: [0xFF, 0xFF, 0xFF, 0x7F, 1])
        var values: [Int] = []
        #expect(throws: StateProblem("it is cut short")) { try values.code(&reader) }
        var twice = StateCoder(reading: [2, 2, 2, 2, 4])
        var table: [Int: Int] = [:]
        #expect(throws: StateProblem("1 is there twice")) { try table.code(&twice) }
        var text = ""
        var broken = StateCoder(reading: [1, 0xFF])
        #expect(throws: StateProblem("a text is not UTF-8")) { try text.code(&broken) }
    }
}
