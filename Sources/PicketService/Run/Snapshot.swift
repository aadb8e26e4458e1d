import Crypto
import Foundation
import PicketDetection
import PicketEvents
import PicketFeeds
import PicketLog
import PicketProfiles

/// A file that holds what a start would know after a certain record, so that it need not read what lies before.
///
/// A projection of the log like `state.db`: disposable, bound to a record by its leaf hash, and ignored as soon as
/// anything about it is not as it should be. Layout: Documentation/FORMAT.md, "data/state".
enum Snapshot {
    /// The first bytes.
    static let magic = Array("PICKSTAT".utf8)
    /// The version of the layout.
    static let version: UInt32 = 4
    /// Magic, layout version, version of detection's state.
    static let headBytes = 16
    /// The checksum at the end, SHA-256.
    static let checksumBytes = 32
    /// A larger file is none of ours: it is held in memory whole, and a million devices with long windows take less.
    static let mostBytes = 4 << 30

    /// What a snapshot says of itself before the state.
    private struct Place {
        var program = Daemon.version
        var origin = ""
        var position: UInt64 = 0
        var leaf: [UInt8] = []
        var profiles = ""

        mutating func code(_ coder: inout StateCoder) throws {
            try program.code(&coder)
            guard program == Daemon.version else { throw StateProblem("Picket \(program) wrote it") }
            try origin.code(&coder)
            try position.code(&coder)
            try coder.code(raw: &leaf)
            try profiles.code(&coder)
        }
    }

    /// The bytes of the snapshot of `startup`, which has read at least one record of the log in `folder`.
    static func write(_ startup: Startup, folder: String) throws -> [UInt8] {
        var coder = StateCoder(after: magic + littleEndian(version) + littleEndian(Detector.stateVersion))
        var place = Place(
            origin: try LogReader(folder: folder).format.origin, position: startup.position,
            leaf: startup.lastLeaf?.bytes ?? [], profiles: startup.replay.profileSet.sha256)
        try place.code(&coder)
        var startup = startup
        try startup.code(&coder)
        let bytes = coder.written
        return bytes + Array(SHA256.hash(data: bytes))
    }

    /// What a start knows at the place of a snapshot.
    ///
    /// - Parameters:
    ///   - bytes: the file.
    ///   - feeds: the configured ones.
    ///   - fleet: for whoever must know who is registered.
    ///   - folder: of the log.
    /// - Throws: ``StateProblem`` with the reason why it is not to be used, `LogError` when the log cannot be read.
    static func read(
        _ bytes: [UInt8], feeds: [Configuration.Feed], fleet: FleetInForce = FleetInForce(.none), folder: String
    ) throws -> Startup {
        guard bytes.count > headBytes + checksumBytes, bytes.starts(with: magic) else {
            throw StateProblem("it is no snapshot of Picket")
        }
        guard Array(bytes[8..<12]) == littleEndian(version),
            Array(bytes[12..<16]) == littleEndian(Detector.stateVersion)
        else { throw StateProblem("another version of Picket wrote it") }
        let end = bytes.count - checksumBytes
        guard SHA256.hash(data: bytes[..<end]).elementsEqual(bytes[end...]) else { throw StateProblem("it is damaged") }
        var coder = StateCoder(reading: bytes, in: headBytes..<end)
        var place = Place()
        try place.code(&coder)
        guard let leaf = TreeHash(place.leaf), place.leaf.count == TreeHash.byteCount, place.position > 0 else {
            throw StateProblem("it names no place in a log")
        }
        try check(place.origin, place.position, leaf, folder: folder)
        guard let profiles = profiles(place.profiles, folder: folder) else {
            throw StateProblem("the profiles \(place.profiles) are not in \(folder)/profiles")
        }
        var startup = Startup(feeds: feeds, fleet: fleet, inForce: profiles, at: (place.position, leaf))
        try startup.code(&coder)
        try coder.finish()
        return startup
    }

    private static func profiles(_ sha256: String, folder: String) -> ProfileSet? {
        sha256 == ProfileSet.none.sha256 ? ProfileSet.none : ProfileSet.kept(sha256, logFolder: folder)
    }

    /// Throws when the log has another record at the place of a snapshot, or none.
    private static func check(_ origin: String, _ position: UInt64, _ leaf: TreeHash, folder: String) throws {
        var reader = try LogReader(folder: folder, from: position - 1)
        guard reader.format.origin == origin else { throw StateProblem("it is of the log \(origin)") }
        guard reader.position == position - 1 else {
            throw StateProblem("retention has deleted the records after it")
        }
        guard let block = try reader.next(), block.firstIndex == position - 1 else {
            throw StateProblem("it is of record \(position), and the log ends before that")
        }
        let end = block.bytes.firstIndex(of: 0x0A) ?? block.bytes.count
        guard TreeHash.leaf(block.bytes, 0..<end) == leaf else {
            throw StateProblem("the log has another record \(position - 1) than it says")
        }
    }

    private static func littleEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32($0 * 8)) }
    }
}
