/// A piece of gzip that is in memory as a whole.
package enum GzipBody {
    /// What it holds; nil when it is damaged, breaks off, or holds more than `limit` bytes.
    package static func unpack(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
        guard let inflater = Inflater() else { return nil }
        var out: [UInt8] = []
        var rest = bytes[...]
        var hasEnded = false
        var piece = [UInt8](repeating: 0, count: 256 << 10)
        while !rest.isEmpty || !hasEnded {
            let step = piece.withUnsafeMutableBytes { inflater.step(rest, into: $0) }
            out += piece[..<step.produced]
            rest = rest.dropFirst(step.consumed)
            guard out.count <= limit else { return nil }
            switch step.outcome {
            case .corrupt: return nil
            case .memberEnded: hasEnded = true
            case .more:
                hasEnded = false
                if step.consumed == 0, step.produced == 0 { return nil }
            }
        }
        return out
    }
}
