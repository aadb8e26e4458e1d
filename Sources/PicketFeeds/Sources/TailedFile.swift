import Crypto
import PicketEvents

/// One file that a tail reads, from a place in it to its end as it is now.
final class TailedFile {
    /// What a step found.
    enum Step {
        case block(TailBlock)
        /// Nothing more for now.
        case atEnd
        /// The allowance is used up.
        case later
        /// The file is not what it was: cut, or overwritten from its beginning.
        case changed
        /// The rest cannot be read; from here on the file is at its end.
        case broken(FeedError)
    }

    private enum Content {
        case plain
        /// A rotated file that was compressed: its contents come once, from the start.
        case gzip(GzipBytes<DescriptorBytes>)
        /// Compressed and damaged.
        case broken
    }

    let name: String
    let status: FileStatus
    private let file: Descriptor
    private var content: Content
    private(set) var head: FileHead
    private(set) var identity: FileIdentity
    /// The end of what was given out.
    private(set) var offset: UInt64 = 0
    /// Contents after ``offset`` that do not end a line yet.
    private var pending: [UInt8] = []
    /// ``pending`` was read along with the end of a line that was too long, and was not searched yet.
    private var pendingHasLines = false
    /// Instead of ``pending``, for a line that is too long to be kept.
    private var longLine: LongLine?
    /// Contents of a compressed file to pass over.
    private var unwanted: UInt64 = 0
    /// What makes lines of the contents; nil where they are lines.
    private var cutter: LineCutter?

    private struct LongLine {
        var hash = SHA256()
        var length: UInt64 = 0
    }

    /// Opens a file at its beginning.
    ///
    /// - Parameters:
    ///   - name: its path now.
    ///   - path: the path that is followed.
    ///   - cutter: what makes lines of the contents; nil where they are lines.
    init(name: String, path: String, cutter: LineCutter? = nil) throws(FeedError) {
        self.name = name
        self.cutter = cutter
        file = try Descriptor(opening: name, waits: false)
        status = try file.status()
        switch status.kind {
        case .regular: break
        case .folder: throw FeedError(place: name, problem: FeedError.isFolder)
        case .other:
            throw FeedError(
                place: name, problem: "is not a regular file, so it cannot be followed; give it on standard input")
        }
        content = .plain
        if name != path { try Compression.refuseUnreadable(file) }
        head = FileHead(try file.bytes(SourceLimits.headBytes, at: 0))
        identity = FileIdentity(path: path, inode: status.inode, head: head.digest, headBytes: 0)
        if name != path, GzipBytes<DescriptorBytes>.recognises(head.bytes) {
            var stream = PeekedBytes(try GzipBytes(DescriptorBytes(file: file), place: name))
            head = FileHead(stream.peek(SourceLimits.headBytes, wholeLine: false))
            content = .gzip(try GzipBytes(DescriptorBytes(file: file), place: name))
        }
        setIdentity()
    }

    /// Whether the contents are compressed, so that their size is not known beforehand.
    var isCompressed: Bool {
        if case .plain = content { false } else { true }
    }

    /// Where reading is, lines not given out yet included.
    var cursor: UInt64 { offset + (longLine?.length ?? UInt64(pending.count)) }

    /// The position after what was given out.
    var position: FeedRecord.Position { identity.position(at: offset) }

    /// The file's size now.
    func size() throws(FeedError) -> UInt64 { try file.status().size }

    /// When the file was last written.
    func modified() throws(FeedError) -> Int64 { try file.status().modified }

    /// Goes to a place, before anything was read.
    func seek(to offset: UInt64) {
        self.offset = offset
        if isCompressed { unwanted = offset }
    }

    /// Goes to the beginning of the last line that has no end yet, or to the end of the file where there is none.
    func seekToLastLine() throws(FeedError) {
        var end = try size()
        let fallback = end
        while end > 0 {
            let start = end - min(end, UInt64(Limits.lineBytes))
            let bytes = try file.bytes(Int(end - start), at: start)
            if let newline = bytes.lastIndex(of: 0x0A) {
                offset = start + UInt64(newline) + 1
                return
            }
            if bytes.isEmpty { break }
            end = start
        }
        // Without any LF the file is one beginning line.
        offset = end == 0 ? 0 : fallback
    }

    /// Reads on.
    ///
    /// - Parameter allowance: how many bytes may be read; lowered by those that were.
    func step(_ allowance: inout Int) throws(FeedError) -> Step {
        if pendingHasLines {
            pendingHasLines = false
            if let block = cut(pending, searched: 0) { return .block(block) }
        }
        while true {
            if allowance <= 0 { return .later }
            let start = cursor
            var bytes: [UInt8]
            let kept = longLine == nil ? pending : []
            switch content {
            case .broken:
                return .atEnd
            case .plain:
                let there = try size()
                let wanted = there > start ? Int(min(there - start, UInt64(Limits.blockBytes))) : 0
                bytes = wanted == 0 ? kept : try file.bytes(wanted, at: start, after: kept)
                // Looked at after reading: what was read before the file was cut is still in its copy.
                guard try isSame(after: bytes[kept.count...], at: start) else { return .changed }
            case .gzip(var stream):
                do {
                    bytes = try decompress(&stream, after: kept)
                    content = .gzip(stream)
                } catch {
                    content = .broken
                    // The beginning of a line is no line; it is part of the loss.
                    pending = []
                    longLine = nil
                    return .broken(error)
                }
            }
            if bytes.count == kept.count { return .atEnd }
            allowance -= bytes.count - kept.count
            cutter?.cut(&bytes, from: kept.count)
            if let block = cut(bytes, searched: kept.count) { return .block(block) }
        }
    }

    /// Takes what has no end as the last line: its writer is gone.
    func finish() -> TailBlock? {
        let start = offset
        if let line = longLine {
            longLine = nil
            offset += line.length
            return TailBlock(
                block: .overlong(length: line.length, sha256: Array(line.hash.finalize()), start: start),
                file: identity, end: offset)
        }
        guard !pending.isEmpty else { return nil }
        let last = pending
        pending = []
        offset += UInt64(last.count)
        return TailBlock(block: .lines(last, start: start, isLast: true), file: identity, end: offset)
    }

    /// Whether a compressed file ended before the place where reading was to go on. Says so once, and stands at the
    /// true end afterwards.
    func takeShortness() -> Bool {
        if unwanted == 0 { return false }
        offset -= unwanted
        unwanted = 0
        return true
    }

    /// Cuts what was read into whole lines and the rest.
    private func cut(_ bytes: consuming [UInt8], searched: Int) -> TailBlock? {
        let start = offset
        if var line = longLine {
            let newline = bytes.firstIndex(of: 0x0A)
            line.hash.update(data: bytes[..<(newline ?? bytes.count)])
            line.length += UInt64(newline ?? bytes.count)
            guard let newline else {
                longLine = line
                return nil
            }
            longLine = nil
            offset += line.length + 1
            pending = Array(bytes[(newline + 1)...])
            pendingHasLines = true
            return TailBlock(
                block: .overlong(length: line.length, sha256: Array(line.hash.finalize()), start: start),
                file: identity, end: offset)
        }
        guard let newline = bytes[searched...].lastIndex(of: 0x0A) else {
            if bytes.count > Limits.lineBytes {
                var line = LongLine()
                line.hash.update(data: bytes)
                line.length = UInt64(bytes.count)
                longLine = line
                pending = []
            } else {
                pending = bytes
            }
            return nil
        }
        pending = Array(bytes[(newline + 1)...])
        offset += UInt64(newline + 1)
        bytes.removeSubrange((newline + 1)...)
        return TailBlock(block: .lines(bytes, start: start, isLast: false), file: identity, end: offset)
    }

    /// Whether the file still is the one whose bytes were read: not shorter than what was read of it, and with the
    /// same beginning. Learns more of the beginning while the file is small.
    ///
    /// - Parameters:
    ///   - read: what was just read.
    ///   - start: its place in the file.
    private func isSame(after read: ArraySlice<UInt8>, at start: UInt64) throws(FeedError) -> Bool {
        guard try size() >= start + UInt64(read.count) else { return false }
        let now = FileHead(try file.bytes(SourceLimits.headBytes, at: 0))
        guard now.bytes.starts(with: head.bytes) else { return false }
        if start < UInt64(now.bytes.count) {
            guard read.starts(with: now.bytes[Int(start)...].prefix(read.count)) else { return false }
        }
        if now != head {
            head = now
            setIdentity()
        }
        return true
    }

    private func setIdentity() {
        identity.head = head.digest
        identity.headBytes = UInt64(head.bytes.count)
    }

    private func decompress(
        _ stream: inout GzipBytes<DescriptorBytes>, after kept: [UInt8]
    ) throws(FeedError) -> [UInt8] {
        while true {
            var failure: FeedError?
            var count = 0
            var bytes = [UInt8](unsafeUninitializedCapacity: kept.count + Limits.blockBytes) { buffer, initialized in
                let raw = UnsafeMutableRawBufferPointer(buffer)
                raw.copyBytes(from: kept)
                do {
                    count = try stream.read(into: UnsafeMutableRawBufferPointer(rebasing: raw[kept.count...]))
                } catch let error as FeedError {
                    failure = error
                } catch {
                    failure = FeedError(place: name, problem: "cannot be read: \(error)")
                }
                initialized = kept.count + count
            }
            if let failure { throw failure }
            if count == 0 || unwanted == 0 { return bytes }
            let passed = min(unwanted, UInt64(count))
            unwanted -= passed
            if passed < count {
                bytes.removeSubrange(kept.count..<kept.count + Int(passed))
                return bytes
            }
        }
    }
}

/// The bytes of an open file from its start, whatever else is read from it.
struct DescriptorBytes: ByteSource {
    let file: Descriptor
    private var offset: UInt64 = 0

    init(file: Descriptor) {
        self.file = file
    }

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(FeedError) -> Int {
        let count = try file.read(into: buffer, at: offset)
        offset += UInt64(count)
        return count
    }
}
