import PicketEvents

/// Reads times of the one form that canonical lines have, and remembers the day: it is the same for most lines.
struct DayTimes: Sendable {
    private var day = InlineArray<10, UInt8>(repeating: 0)
    private var milliseconds: Int64 = 0

    /// The time of 24 bytes at `start`, Unix ms; nil when they are none.
    mutating func read(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> Int64? {
        guard start + 24 <= bytes.count, bytes[start + 23] == 0x5A else { return nil }
        var isSame = true
        for place in 0..<10 where day[place] != bytes[start + place] { isSame = false }
        if !isSame {
            let text = String(decoding: bytes[start..<(start + 10)], as: UTF8.self)
            guard let midnight = Timestamp.parse(text + "T00:00:00.000Z") else { return nil }
            for place in 0..<10 { day[place] = bytes[start + place] }
            milliseconds = midnight
        }
        func digits(_ offset: Int, _ count: Int) -> Int64 {
            var value: Int64 = 0
            for place in 0..<count { value = value * 10 + Int64(bytes[start + offset + place] &- 0x30) }
            return value
        }
        let seconds = digits(11, 2) * 3_600 + digits(14, 2) * 60 + digits(17, 2)
        return milliseconds + seconds * 1_000 + digits(20, 3)
    }
}

/// The kinds of records by their names in lines.
struct KindTable: Sendable {
    private var kinds: [(name: [UInt8], kind: EventKind)?] = Array(repeating: nil, count: 256)

    init() {
        for kind in EventKind.allCases {
            let name = Array("\(kind.name)".utf8)
            var slot = name.withUnsafeBufferPointer { KindTable.slot($0, 0..<name.count) }
            while kinds[slot] != nil { slot = (slot + 1) & 255 }
            kinds[slot] = (name, kind)
        }
    }

    func kind(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> EventKind? {
        var slot = KindTable.slot(bytes, range)
        while let entry = kinds[slot] {
            if entry.name.elementsEqual(bytes[range]) { return entry.kind }
            slot = (slot + 1) & 255
        }
        return nil
    }

    private static func slot(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int {
        guard range.count >= 3 else { return 0 }
        return (range.count * 31 + Int(bytes[range.lowerBound]) * 7 + Int(bytes[range.lowerBound + 2])) & 255
    }
}
