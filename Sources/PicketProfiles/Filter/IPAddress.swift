/// An IPv4 or IPv6 address as a number.
struct IPAddress: Hashable, Sendable {
    /// The upper half of an IPv6 address; 0 for IPv4.
    let high: UInt64
    /// The lower half, or the 32 bits of IPv4.
    let low: UInt64
    let isIPv4: Bool

    /// The address without the bits behind the first `prefix`.
    func masked(_ prefix: Int) -> IPAddress {
        if isIPv4 {
            return IPAddress(high: 0, low: low & (0xFFFF_FFFF << UInt64(32 - prefix)) & 0xFFFF_FFFF, isIPv4: true)
        }
        // Swift's `<<` gives 0 for a shift of the whole width, as is meant.
        let upper = UInt64.max << UInt64(max(0, 64 - prefix))
        let lower = UInt64.max << UInt64(min(64, 128 - prefix))
        return IPAddress(high: high & upper, low: low & lower, isIPv4: false)
    }

    private init(high: UInt64, low: UInt64, isIPv4: Bool) {
        self.high = high
        self.low = low
        self.isIPv4 = isIPv4
    }

    /// Reads an address. A zone (`%eth0`) is passed over.
    init?(_ source: some StringProtocol) {
        let bytes = Array(source.utf8)
        self.init(bytes.span.bytes, 0..<bytes.count)
    }

    /// Reads the address in `range` of `text`, without allocating.
    init?(_ text: RawSpan, _ range: Range<Int>) {
        if let low = IPAddress.ipv4(text, range) {
            self.init(high: 0, low: UInt64(low), isIPv4: true)
            return
        }
        guard let (high, low) = IPAddress.ipv6(text, range) else { return nil }
        if high == 0, low >> 32 == 0xFFFF {
            self.init(high: 0, low: low & 0xFFFF_FFFF, isIPv4: true)
        } else {
            self.init(high: high, low: low, isIPv4: false)
        }
    }

    private static func ipv4(_ text: RawSpan, _ range: Range<Int>) -> UInt32? {
        var value: UInt32 = 0
        var position = range.lowerBound
        for index in 0..<4 {
            if index > 0 {
                guard position < range.upperBound, byte(text, position) == 0x2E else { return nil }
                position += 1
            }
            let start = position
            var octet: UInt32 = 0
            while position < range.upperBound, position - start < 3, (0x30...0x39).contains(byte(text, position)) {
                octet = octet * 10 + UInt32(byte(text, position) - 0x30)
                position += 1
            }
            // A leading zero is octal to some readers and decimal to others: an address that means two is none.
            guard position > start, octet <= 255, position - start == 1 || byte(text, start) != 0x30 else { return nil }
            value = value << 8 | octet
        }
        return position == range.upperBound ? value : nil
    }

    /// The two halves of an IPv6 address (RFC 4291 §2.2).
    private static func ipv6(_ text: RawSpan, _ range: Range<Int>) -> (high: UInt64, low: UInt64)? {
        var end = range.lowerBound
        while end < range.upperBound, byte(text, end) != 0x25 { end += 1 }
        // The groups before `::` fill the number from above, those behind it from below.
        var head: (high: UInt64, low: UInt64) = (0, 0)
        var headCount = 0
        var tail: (high: UInt64, low: UInt64) = (0, 0)
        var count = 0
        var isCompressed = false
        var position = range.lowerBound
        guard end - position >= 2 else { return nil }
        func push(_ bits: UInt64, _ width: UInt64) {
            tail = (tail.high << width | tail.low >> (64 - width), tail.low << width | bits)
        }
        if byte(text, position) == 0x3A {
            guard byte(text, position + 1) == 0x3A else { return nil }
            isCompressed = true
            position += 2
        }
        while position < end {
            guard count < 8 else { return nil }
            let start = position
            var group: UInt64 = 0
            while position < end, position - start < 4, let digit = hexadecimal(byte(text, position)) {
                group = group << 4 | UInt64(digit)
                position += 1
            }
            if position < end, byte(text, position) == 0x2E {
                guard count <= 6, let low = ipv4(text, start..<end) else { return nil }
                push(UInt64(low), 32)
                count += 2
                position = end
                break
            }
            guard position > start else { return nil }
            push(group, 16)
            count += 1
            guard position < end else { break }
            guard byte(text, position) == 0x3A else { return nil }
            position += 1
            guard position < end else { return nil }
            if byte(text, position) == 0x3A {
                guard !isCompressed else { return nil }
                isCompressed = true
                head = tail
                headCount = count
                tail = (0, 0)
                position += 1
            }
        }
        guard isCompressed ? count < 8 : count == 8 else { return nil }
        let shift = UInt64(128 - 16 * headCount)
        let upper =
            isCompressed && headCount > 0
            ? (
                high: shift >= 64 ? head.low << (shift - 64) : head.high << shift | head.low >> (64 - shift),
                low: shift >= 64 ? 0 : head.low << shift
            ) : (high: 0, low: 0)
        return (upper.high | tail.high, upper.low | tail.low)
    }

    private static func byte(_ text: RawSpan, _ position: Int) -> UInt8 {
        text.unsafeLoad(fromByteOffset: position, as: UInt8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// As it is usually written; IPv6 with `::` for the longest run of zeros (RFC 5952).
    var description: String {
        if isIPv4 {
            return stride(from: UInt64(24), through: 0, by: -8).map { "\(low >> $0 & 255)" }.joined(separator: ".")
        }
        let groups = (0..<8).map { (index: Int) -> UInt64 in
            (index < 4 ? high : low) >> UInt64(48 - 16 * (index % 4)) & 0xFFFF
        }
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > best.count, end - start > 1 { best = start..<end }
            start = max(end, start + 1)
        }
        let texts = groups.map { String($0, radix: 16) }
        guard !best.isEmpty else { return texts.joined(separator: ":") }
        return texts[..<best.lowerBound].joined(separator: ":") + "::"
            + texts[best.upperBound...].joined(separator: ":")
    }
}
