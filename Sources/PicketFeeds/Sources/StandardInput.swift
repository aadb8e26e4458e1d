import Glibc

/// The bytes that come in on standard input.
package struct StandardInput: ByteSource {
    /// What messages call it.
    package static let place = "standard input"

    private let input = Descriptor(borrowing: STDIN_FILENO, place: StandardInput.place)

    package init() {}

    package mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(FeedError) -> Int {
        try input.read(into: buffer)
    }
}
