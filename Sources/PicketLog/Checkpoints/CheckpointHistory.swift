/// The file `checkpoints.log`: signed checkpoints, one after the other, at most one a minute, so that an auditor who
/// comes later finds what was signed when. Every note is followed by an empty line.
enum CheckpointHistory {
    /// What the file holds.
    struct Content: Equatable {
        var notes: [SignedNote] = []
        /// Where each note begins.
        var offsets: [Int] = []
        /// Where the last whole note ends.
        var end = 0
        /// Whether the file ends in the middle of a note: a crash came while it was appended.
        var isTorn = false
        /// What is wrong before the end, if anything is.
        var problem: String?
    }

    /// Below this size the file gets at most one checkpoint a minute, above it one an hour: 11 days of the former.
    private static let minutesBelow = 4 << 20
    /// Above this size it gets one a day: three years of one an hour.
    private static let hoursBelow = 12 << 20

    /// Bytes of the file a reader accepts: forty years of one a day after that, and little enough to be held in memory.
    static let byteLimit = 16 << 20

    /// The least time between two checkpoints in a file of `size` bytes.
    static func interval(_ size: Int) -> Duration {
        .seconds(size < minutesBelow ? 60 : size < hoursBelow ? 3_600 : 86_400)
    }

    static func parse(_ bytes: [UInt8]) -> Content {
        var content = Content()
        var position = 0
        while position < bytes.count {
            guard let end = noteEnd(bytes, from: position) else {
                content.isTorn = true
                return content
            }
            guard let note = SignedNote(Array(bytes[position..<end])) else {
                content.problem = "a checkpoint is damaged"
                return content
            }
            content.notes.append(note)
            content.offsets.append(position)
            position = end + 1
            content.end = position
        }
        return content
    }

    /// Where the note that begins at `start` ends: before its second empty line.
    private static func noteEnd(_ bytes: [UInt8], from start: Int) -> Int? {
        var empty = 0
        var index = start
        while index + 1 < bytes.count {
            if bytes[index] == 0x0A, bytes[index + 1] == 0x0A {
                empty += 1
                if empty == 2 { return index + 1 }
            }
            index += 1
        }
        return nil
    }
}
