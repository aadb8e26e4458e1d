/// The keys and values of one canonical line, found without decoding: the line was written by one serializer, so equal
/// values are equal bytes. A line that is not an object of that form has no fields.
package struct LineFields {
    /// Calls `body` with the range of every top-level key (without quotes) and of its value (a string with its quotes)
    /// until it returns false.
    package static func forEach(_ bytes: [UInt8], _ line: Range<Int>, _ body: (Range<Int>, Range<Int>) -> Bool) {
        bytes.withUnsafeBufferPointer { bytes in
            var position = line.lowerBound
            guard position < line.upperBound, bytes[position] == 0x7B else { return }
            position += 1
            while position < line.upperBound, bytes[position] == 0x22 {
                let key = position + 1
                position = stringEnd(bytes, position, line.upperBound)
                guard position < line.upperBound, bytes[position] == 0x3A else { return }
                let keyEnd = position - 1
                position += 1
                let value = position
                position = valueEnd(bytes, position, line.upperBound)
                guard position <= line.upperBound, position > value else { return }
                if !body(key..<keyEnd, value..<position) { return }
                guard position < line.upperBound, bytes[position] == 0x2C else { return }
                position += 1
            }
        }
    }

    /// The position after the string that begins with the quote at `start`.
    private static func stringEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var position = start + 1
        while position < end {
            if bytes[position] == 0x22 { return position + 1 }
            position += bytes[position] == 0x5C ? 2 : 1
        }
        return end
    }

    /// The position after the value that begins at `start`: at a comma or brace of the line's own level.
    private static func valueEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var position = start
        var depth = 0
        while position < end {
            switch bytes[position] {
            case 0x22:
                position = stringEnd(bytes, position, end)
                continue
            case 0x7B, 0x5B: depth += 1
            case 0x7D, 0x5D:
                if depth == 0 { return position }
                depth -= 1
            case 0x2C where depth == 0: return position
            default: break
            }
            position += 1
        }
        return position
    }
}
