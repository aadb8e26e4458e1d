import Glibc

/// An open file, pipe or terminal. It is closed when its last owner lets go of it.
final class Descriptor: Sendable {
    let number: Int32
    /// What messages call it.
    let place: String
    private let closes: Bool

    /// Opens a file for reading.
    ///
    /// - Parameter waits: whether opening a pipe may wait for its writer.
    init(opening path: String, waits: Bool) throws(FeedError) {
        var number: Int32
        repeat {
            number = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (waits ? 0 : O_NONBLOCK))
        } while number < 0 && errno == EINTR
        guard number >= 0 else { throw FeedError(place: path, errno: errno) }
        self.number = number
        self.place = path
        self.closes = true
    }

    /// A descriptor that is ours to close.
    init(owning number: Int32, place: String) {
        self.number = number
        self.place = place
        self.closes = true
    }

    /// A descriptor that somebody else opened, and closes.
    init(borrowing number: Int32, place: String) {
        self.number = number
        self.place = place
        self.closes = false
    }

    deinit {
        if closes { close(number) }
    }

    /// Reads what comes next; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(FeedError) -> Int {
        while true {
            let count = Glibc.read(number, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            if errno != EINTR { throw FeedError(place: place, errno: errno) }
        }
    }

    /// Reads at a place, as much as is there; less than asked only at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(FeedError) -> Int {
        guard let start = off_t(exactly: offset) else { return 0 }
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = pread(number, rest.baseAddress, rest.count, start + off_t(done))
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw FeedError(place: place, errno: errno)
            }
            done += count
        }
        return done
    }

    /// Reads at a place into a new array; shorter than `count` only at the end.
    ///
    /// - Parameter before: bytes to put in front.
    func bytes(_ count: Int, at offset: UInt64, after before: [UInt8] = []) throws(FeedError) -> [UInt8] {
        var failure: FeedError?
        let bytes = [UInt8](unsafeUninitializedCapacity: before.count + count) { buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            raw.copyBytes(from: before)
            initialized = before.count
            do throws(FeedError) {
                initialized += try read(into: UnsafeMutableRawBufferPointer(rebasing: raw[before.count...]), at: offset)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// What the system knows about the file.
    func status() throws(FeedError) -> FileStatus {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw FeedError(place: place, errno: errno) }
        return FileStatus(status)
    }
}
