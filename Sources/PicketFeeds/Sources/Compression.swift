/// What a rotated file may be compressed with.
enum Compression {
    /// Compressions that rotations use and Picket cannot undo, by their first bytes.
    private static let unreadable: [(name: String, magic: [UInt8])] = [
        ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
        ("bzip2", [0x42, 0x5A, 0x68]),
        ("zstd", [0x28, 0xB5, 0x2F, 0xFD]),
    ]

    /// Throws when a file is compressed with something else than gzip: its bytes would be taken for lines.
    static func refuseUnreadable(_ file: Descriptor) throws(FeedError) {
        let start = try file.bytes(8, at: 0)
        if let known = unreadable.first(where: { start.starts(with: $0.magic) }) {
            throw FeedError(
                place: file.place, problem: "is compressed with \(known.name), which cannot be read; rotate with gzip")
        }
    }
}
