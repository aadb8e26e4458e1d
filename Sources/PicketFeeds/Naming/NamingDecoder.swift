import PicketEvents

/// A decoder whose devices are named as the fleet file says.
struct NamingDecoder: FeedDecoder {
    private var decoder: any FeedDecoder
    private let naming: DeviceNaming

    init(_ decoder: any FeedDecoder, naming: DeviceNaming) {
        self.decoder = decoder
        self.naming = naming
    }

    var format: FeedFormat { decoder.format }
    var visibility: Visibility { decoder.visibility }
    var context: String? { decoder.context }
    mutating func restore(context: String) { decoder.restore(context: context) }

    mutating func absorb(_ batch: borrowing EventBatch, rows: Range<Int>) { decoder.absorb(batch, rows: rows) }
    mutating func code(learned coder: inout StateCoder) throws { try decoder.code(learned: &coder) }

    mutating func decode(_ block: consuming [UInt8], isLast: Bool, limit: Int) -> DecodedBlock {
        var decoded = decoder.decode(block, isLast: isLast, limit: limit)
        naming.apply(to: &decoded.batch)
        return decoded
    }
}
