import Glibc
package import PicketEvents

/// Follows a file that another program writes, line by line, through everything that log rotation does to it.
///
/// Renaming: the old file is read to its end before the new one, and left only when its writer has written to a newer
/// one. Copying and cutting: the copy is found by its first bytes and read on from the same place. Compressing: the
/// contents are found the same way. Restarts: the position of an earlier tail is found again by the same means, and
/// the files that came between are read in their order. What is nowhere to be found is reported as lost.
///
/// Not safe to use from two tasks at once.
package final class FileTail {
    private let path: String
    private let cutter: LineCutter?
    private var startAtEnd: Bool
    /// The position to go on from, until its file was found.
    private var resume: FeedRecord.Position?
    private var file: TailedFile?
    /// Rotated files that cannot be opened. Their loss was reported; they are passed over from then on.
    private var unreadable: Set<UInt64> = []
    /// What went wrong after something was read: reported by the next read.
    private var failure: FeedError?

    /// - Parameters:
    ///   - path: the file; it need not exist yet.
    ///   - from: where an earlier tail of this path had come to; nil to begin.
    ///   - startAtEnd: without `from`, whether to begin with what is written from now on instead of with the whole file.
    ///     A line whose end is not written yet is part of it.
    ///   - cutter: what makes lines of the file's bytes; nil where they are lines.
    package init(
        path: String, from: FeedRecord.Position? = nil, startAtEnd: Bool = false, cutter: LineCutter? = nil
    ) {
        self.path = path
        self.cutter = cutter
        // A tail whose file was never there has a position without a file.
        let hasFile = from.map { $0.inode != 0 || $0.headBytes > 0 } ?? false
        self.resume = hasFile ? from : nil
        self.startAtEnd = startAtEnd && from == nil
    }

    /// Where to go on after everything that was returned so far.
    package var position: FeedRecord.Position {
        if let file { return file.position }
        if let resume { return resume }
        return FeedRecord.Position(
            path: path, inode: 0, offset: 0, head: FileHead([]).digest, headBytes: 0, context: nil)
    }

    /// What is there now, at most about ``SourceLimits/tailBytes``; does not wait.
    ///
    /// - Returns: blocks and losses in order; empty when there is nothing new.
    /// - Throws: ``FeedError`` when the file cannot be opened or read now. The tail stays usable: it goes on when what
    ///   is wrong has been put right.
    package func read() throws(FeedError) -> [TailEvent] {
        if let failure {
            self.failure = nil
            throw failure
        }
        var events: [TailEvent] = []
        do {
            try read(into: &events)
        } catch {
            if events.isEmpty { throw error }
            failure = error
        }
        return events
    }

    private func read(into events: inout [TailEvent]) throws(FeedError) {
        var allowance = SourceLimits.tailBytes
        while true {
            if file == nil { try open(&events) }
            guard let file else { return }
            // Looked for before the file is read to its end: what its writer wrote before it went on is then seen. What
            // is wrong with the newer ones must not keep this one from being read to its end.
            let newer = newer(than: file)
            switch try file.step(&allowance) {
            case .block(let block):
                events.append(.block(block))
            case .later:
                return
            case .broken(let error):
                events.append(.lost(loss(.unreadable, error.place, error.problem, at: file.position)))
            case .changed:
                let position = file.position
                let seen = file.cursor
                self.file = nil
                resume = position
                try find(position, seen: seen, &events)
            case .atEnd:
                if file.takeShortness() { events.append(.lost(shortCopy(file))) }
                guard let next = try openFirst(of: newer.get(), after: file, &events) else { return }
                if let rest = file.finish() { events.append(.block(rest)) }
                self.file = next
            }
        }
    }

    // MARK: Opening

    /// Opens the file to begin or to go on with, if it is there.
    private func open(_ events: inout [TailEvent]) throws(FeedError) {
        if let resume { return try find(resume, seen: resume.offset, &events) }
        guard FileStatus(path: path) != nil else {
            // Tells apart a file that is not there yet from one that may not be seen.
            guard try isMissing() else { return }
            // Everything in a file that comes later is new.
            startAtEnd = false
            return
        }
        let file = try TailedFile(name: path, path: path, cutter: cutter)
        if startAtEnd { try file.seekToLastLine() }
        startAtEnd = false
        self.file = file
    }

    /// Whether nothing is at the path.
    private func isMissing() throws(FeedError) -> Bool {
        do {
            _ = try Descriptor(opening: path, waits: false)
            return false
        } catch {
            if error == FeedError(place: path, errno: ENOENT) { return true }
            throw error
        }
    }

    /// Finds the file that `position` lies in, under whatever name, and goes on there; else reports what is lost and
    /// begins with the file at the path, if there is one.
    ///
    /// - Parameter seen: how far the file had been read, a beginning line included.
    private func find(
        _ position: FeedRecord.Position, seen: UInt64, _ events: inout [TailEvent]
    ) throws(FeedError) {
        guard let files = try RotatedFiles.around(path) else { return }
        let search = PositionSearch(position: position, path: path, cutter: cutter)
        let result = try search.look(in: files)
        if !result.isFound {
            // A rotation between the listing and the look hides a file that is there: look again at the next read.
            guard let now = try RotatedFiles.around(path), now.isSameState(as: files) else { return }
        }
        switch result {
        case .found(let file):
            if !file.isCompressed, try file.size() < seen { events.append(.lost(shortCopy(file))) }
            begin(with: file)
        case .cut(let file):
            begin(with: file)
            events.append(
                .lost(
                    loss(
                        .truncated, path,
                        "was cut, and no copy of what it held is beside it; lines that were not read yet are lost: "
                            + "let the rotation keep a copy (copytruncate) or rename", at: file.position)))
        case .missing(let file):
            begin(with: file)
            events.append(
                .lost(
                    loss(
                        .missing, path,
                        "the file that was read last (inode \(position.inode), byte \(position.offset)) is not among "
                            + "the rotated ones; lines that were not read yet are lost: keep rotated files for longer",
                        at: file.position)))
        case .absent:
            // In the middle of a rotation, or nobody writes yet.
            break
        }
    }

    private func begin(with file: TailedFile) {
        self.file = file
        resume = nil
    }

    // MARK: Going on to the next file

    /// The files that came after `file`, oldest first, as soon as something is in one of them; empty before, because
    /// the writer may still write to `file`.
    private func newer(than file: TailedFile) -> Result<[RotatedFiles.Sibling], FeedError> {
        Result { () throws(FeedError) in
            guard FileStatus(path: path)?.isSameFile(as: file.status) != true,
                let files = try RotatedFiles.around(path)
            else { return [] }
            var newer = Array(try rotated(after: file, in: files))
            if let current = files.current {
                newer.append(RotatedFiles.Sibling(path: path, status: current, number: nil, isRotation: false))
            }
            return newer.contains { $0.status.size > 0 } ? newer : []
        }
    }

    /// Opens the first file that can be opened.
    private func openFirst(
        of newer: [RotatedFiles.Sibling], after file: TailedFile, _ events: inout [TailEvent]
    ) throws(FeedError) -> TailedFile? {
        for sibling in newer where !unreadable.contains(sibling.status.inode) {
            do {
                let next = try TailedFile(name: sibling.path, path: path, cutter: cutter)
                // Renamed in between: the next look will be right.
                return next.status.isSameFile(as: sibling.status) ? next : nil
            } catch {
                if sibling.path == path { throw error }
                guard FileStatus(path: sibling.path)?.isSameFile(as: sibling.status) == true else { return nil }
                unreadable.insert(sibling.status.inode)
                events.append(.lost(loss(.unreadable, error.place, error.problem, at: file.position)))
            }
        }
        return nil
    }

    /// The rotated files that came after `file`, oldest first.
    private func rotated(
        after file: TailedFile, in files: RotatedFiles
    ) throws(FeedError) -> ArraySlice<RotatedFiles.Sibling> {
        let rotated = files.rotated
        if let place = rotated.firstIndex(where: { $0.status.isSameFile(as: file.status) }) {
            return rotated[(place + 1)...]
        }
        // It was compressed or copied meanwhile, and the file that is open has no name any more.
        let search = PositionSearch(position: file.position, path: path, cutter: cutter)
        let modified = try file.modified()
        let alike = rotated.indices.filter { search.hasSameHead(rotated[$0]) }
        if let place = alike.first(where: { rotated[$0].status.modified == modified }) ?? alike.last {
            return rotated[(place + 1)...]
        }
        // It was deleted, or moved to another folder: what was written after it is newer.
        let place = rotated.firstIndex { $0.status.modified > modified } ?? rotated.endIndex
        return rotated[place...]
    }

    // MARK: Losses

    private func shortCopy(_ file: TailedFile) -> TailLoss {
        loss(
            .copyShort, file.name,
            "holds less than was already read: its writer went on while it was copied, and lines that it wrote in "
                + "between are lost; rotate by renaming and a signal to the writer instead of by copytruncate",
            at: file.position)
    }

    private func loss(
        _ cause: TailLoss.Cause, _ place: String, _ problem: String, at position: FeedRecord.Position
    ) -> TailLoss {
        TailLoss(cause: cause, place: place, problem: problem, position: position)
    }
}
