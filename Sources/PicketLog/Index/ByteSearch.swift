/// Searches bytes for a pattern by Horspool's method: it looks at the last byte of the window first, and mostly steps
/// over the whole length of the pattern. (The C library's `memmem` is not visible to Swift.)
struct ByteSearch: Sendable {
    private let pattern: [UInt8]
    /// For every byte, how far the window may move when that byte is its last.
    private let step: [Int]

    init(_ pattern: [UInt8]) {
        self.pattern = pattern
        var step = [Int](repeating: max(1, pattern.count), count: 256)
        for (index, byte) in pattern.dropLast().enumerated() { step[Int(byte)] = pattern.count - 1 - index }
        self.step = step
    }

    /// Where the pattern first stands at or after `start`.
    func first(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        let length = pattern.count
        guard length > 0, start >= 0 else { return nil }
        return pattern.withUnsafeBufferPointer { pattern in
            step.withUnsafeBufferPointer { step in
                let last = pattern[length - 1]
                var position = start
                while position + length <= bytes.count {
                    let byte = bytes[position + length - 1]
                    if byte == last {
                        var index = 0
                        while index < length - 1, bytes[position + index] == pattern[index] { index += 1 }
                        if index == length - 1 { return position }
                    }
                    position += step[Int(byte)]
                }
                return nil
            }
        }
    }
}
