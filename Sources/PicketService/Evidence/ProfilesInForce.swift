import Foundation
import PicketEvents
import PicketFeeds
import PicketLog
package import PicketProfiles

/// Which profiles a log says were in force.
package enum ProfilesInForce {
    /// Those before the record `index`; nil when the log names none, or does not hold their copy.
    package static func profiles(in folder: String, before index: UInt64 = .max) throws -> [SecurityProfile]? {
        try set(in: folder, before: index)?.profiles
    }

    /// The set before the record `index`.
    package static func set(in folder: String, before index: UInt64 = .max) throws -> ProfileSet? {
        var query = LogQuery()
        query.add(.kind, "\(EventKind.profile.name)")
        query.toIndex = index
        var newest: [UInt8]?
        var reader = try QueryReader(folder: folder, query)
        while let matches = try reader.next() { newest = matches.last?.line ?? newest }
        if newest == nil, let sha256 = try PrunedProfiles.read(folder: folder) {
            return ProfileSet.kept(sha256, logFolder: folder)
        }
        guard let newest, case .profile(let record) = ControlRecord(line: Data(newest)) else { return nil }
        return ProfileSet.kept(record.sha256, logFolder: folder)
    }
}
