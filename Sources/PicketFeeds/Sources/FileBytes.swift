import Glibc

/// The bytes of a file or a named pipe, as they are.
package struct FileBytes: ByteSource {
    private let file: Descriptor

    /// Opens `path`. A named pipe is waited for until somebody opens its other end.
    ///
    /// - Throws: ``FeedError`` when it is missing, a folder or not readable by this user.
    package init(path: String) throws(FeedError) {
        file = try Descriptor(opening: path, waits: true)
        if try file.status().kind == .folder { throw FeedError(place: path, problem: FeedError.isFolder) }
    }

    package mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(FeedError) -> Int {
        try file.read(into: buffer)
    }
}
