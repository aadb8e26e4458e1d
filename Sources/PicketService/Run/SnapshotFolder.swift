import Foundation
import PicketEvents
import PicketLog
import PicketProfiles

/// The folder with the snapshots of a data folder: the newest ones, by the number of records that each stands for.
struct SnapshotFolder {
    /// `DATA/state`.
    let path: String
    private let files = RealFileSystem()

    /// Snapshots that are kept: should the newest be of no use, the one before saves most of the reading.
    static let kept = 2
    private static let suffix = ".snapshot"

    /// - Parameter data: the data folder.
    init(data: String) { path = "\(data)/state" }

    /// The snapshots, the one of the most records first.
    func all() throws(LogError) -> [(records: UInt64, path: String)] {
        try files.names(in: path).compactMap { name in
            guard name.hasSuffix(SnapshotFolder.suffix),
                let records = UInt64(name.dropLast(SnapshotFolder.suffix.count))
            else { return nil }
            return (records, "\(path)/\(name)")
        }.sorted { $0.records > $1.records }
    }

    /// The start that the newest good snapshot makes; nil when there is none.
    ///
    /// - Parameter ignored: is told of each snapshot that is of no use, and why.
    /// - Throws: `LogError` when the log cannot be read.
    func restore(
        feeds: [Configuration.Feed], fleet: FleetInForce = FleetInForce(.none), log folder: String,
        ignored: (String) -> Void
    ) throws -> Startup? {
        for (_, file) in try all() {
            do {
                guard let status = try files.status(file), !status.isFolder, status.size <= Snapshot.mostBytes,
                    let bytes = FileManager.default.contents(atPath: file)
                else { throw StateProblem("it cannot be read") }
                return try Snapshot.read(Array(bytes), feeds: feeds, fleet: fleet, folder: folder)
            } catch let problem as StateProblem {
                ignored("picket: the snapshot \(file) is ignored: \(problem)")
            }
        }
        return nil
    }

    /// Writes a snapshot durably, and removes the older ones that are not kept.
    ///
    /// - Throws: `LogError` when it cannot be written; what was there is there still.
    func write(_ bytes: [UInt8], records: UInt64) throws(LogError) {
        try files.makeFolder(path)
        let digits = String(records)
        let name = String(repeating: "0", count: max(0, 20 - digits.count)) + digits + SnapshotFolder.suffix
        try files.replaceFile("\(path)/\(name)", in: path, with: bytes, secret: true)
        for (_, file) in try all().filter({ $0.records <= records }).dropFirst(SnapshotFolder.kept) {
            try files.remove(file)
        }
        for name in try files.names(in: path) where name.hasSuffix(".tmp") { try files.remove("\(path)/\(name)") }
        // Of a log that is not there any more, or that a crash cut off.
        for (_, file) in try all().filter({ $0.records > records }) { try files.remove(file) }
    }
}
