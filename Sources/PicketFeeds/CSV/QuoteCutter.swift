import PicketEvents

/// Makes one line of each record of CSV: line ends inside of quotes become spaces (RFC 4180 allows them there). Each byte
/// stays a byte, as in ``ElementCutter``, so that a place in the lines is the same place in the file.
package struct QuoteCutter: Sendable {
    private enum Place: Sendable { case start, plain, quoted, closed }

    private let separator: UInt8
    private var place = Place.start
    /// The bytes of the record so far.
    private var length = 0

    package init(separator: UInt8) { self.separator = separator }

    /// Cuts the bytes from `start` on. Those before were cut already.
    package mutating func cut(_ bytes: inout [UInt8], from start: Int) {
        for index in start..<bytes.count {
            let byte = bytes[index]
            length += 1
            if byte == 0x0A {
                // A quote that does not end must not swallow the file: behind what a line may hold it is none.
                if place == .quoted, length <= Limits.lineBytes {
                    bytes[index] = 0x20
                } else {
                    place = .start
                    length = 0
                }
                continue
            }
            switch place {
            case .start: place = byte == 0x22 ? .quoted : byte == separator ? .start : .plain
            case .plain: if byte == separator { place = .start }
            case .quoted: if byte == 0x22 { place = .closed } else if byte == 0x0D { bytes[index] = 0x20 }
            case .closed: place = byte == 0x22 ? .quoted : byte == separator ? .start : .plain
            }
        }
    }
}

/// What makes lines of a feed's bytes where they are none.
package enum LineCutter: Sendable {
    /// The elements of a list become lines.
    case elements(ElementCutter)
    /// The records of CSV become lines.
    case quotes(QuoteCutter)

    /// Cuts the bytes from `start` on. Those before were cut already; they are the beginning of a line without end.
    package mutating func cut(_ bytes: inout [UInt8], from start: Int) {
        switch self {
        case .elements(var cutter):
            cutter.cut(&bytes, from: start)
            self = .elements(cutter)
        case .quotes(var cutter):
            cutter.cut(&bytes, from: start)
            self = .quotes(cutter)
        }
    }
}
