/// The bytes of an input that a person named: a file, a pipe or standard input, compressed or not.
///
/// Whether it is compressed is seen from its first bytes, never from its name.
package struct InputBytes: ByteSource {
    private enum Kind {
        case plain(PeekedBytes<AnyBytes>)
        case gzip(PeekedBytes<GzipBytes<PeekedBytes<AnyBytes>>>)
    }

    private var kind: Kind
    /// What messages call it.
    package let place: String

    /// Opens a file or a named pipe.
    ///
    /// - Throws: ``FeedError`` when it is missing, a folder or not readable by this user.
    package init(path: String) throws(FeedError) {
        try self.init(AnyBytes(FileBytes(path: path)), place: path)
    }

    /// Standard input.
    package static func standardInput() throws(FeedError) -> InputBytes {
        try InputBytes(AnyBytes(StandardInput()), place: StandardInput.place)
    }

    private init(_ source: AnyBytes, place: String) throws(FeedError) {
        self.place = place
        var peeked = PeekedBytes(source)
        if GzipBytes<AnyBytes>.recognises(peeked.peek(2, wholeLine: false)) {
            kind = .gzip(PeekedBytes(try GzipBytes(peeked, place: place)))
        } else {
            kind = .plain(peeked)
        }
    }

    /// Whether it is compressed.
    package var isGzip: Bool {
        switch kind {
        case .plain: false
        case .gzip: true
        }
    }

    /// The compressed bytes that were read; nil where it is not compressed.
    package var compressedBytes: UInt64? {
        switch kind {
        case .plain: nil
        case .gzip(let bytes): bytes.underlying.compressedBytes
        }
    }

    /// The first bytes of the contents, decompressed: see ``PeekedBytes/peek(_:wholeLine:)``.
    package mutating func peek() -> [UInt8] {
        switch kind {
        case .plain(var bytes):
            let seen = bytes.peek()
            kind = .plain(bytes)
            return seen
        case .gzip(var bytes):
            let seen = bytes.peek()
            kind = .gzip(bytes)
            return seen
        }
    }

    package mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        switch kind {
        case .plain(var bytes):
            defer { kind = .plain(bytes) }
            return try bytes.read(into: buffer)
        case .gzip(var bytes):
            defer { kind = .gzip(bytes) }
            return try bytes.read(into: buffer)
        }
    }
}

/// Opens a file or named pipe, compressed or not.
///
/// - Throws: ``FeedError`` when it is missing, a folder or not readable by this user.
package func openInput(_ path: String) throws(FeedError) -> (source: InputBytes, isGzip: Bool) {
    let source = try InputBytes(path: path)
    return (source, source.isGzip)
}

/// A source of any kind.
struct AnyBytes: ByteSource {
    private var source: any ByteSource

    init(_ source: any ByteSource) {
        self.source = source
    }

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        try source.read(into: buffer)
    }
}
