/// A level-1 tile of the tree (c2sp.org/tlog-tiles): 256 hashes, each the head over 256 records. With the tiles a node of the
/// tree is at hand without the records below it; the leaves themselves are not kept, for they are larger than the records.
struct Tile: Equatable, Sendable {
    /// Its place among the tiles, from 0.
    var number: UInt64
    /// Nil where the hash must be made from records.
    var hashes: [TreeHash?]

    /// The bytes of its file; nil while a hash is not known.
    var bytes: [UInt8]? {
        var bytes: [UInt8] = []
        for hash in hashes {
            guard let hash else { return nil }
            hash.append(to: &bytes)
        }
        return bytes
    }
}
