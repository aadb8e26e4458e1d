import Foundation
import Glibc
import PicketFeeds

/// The group of the system whose members may decide and read besides the daemon's own user: without it nobody can be the
/// second of two people.
package struct OperatorGroup: Equatable, Sendable {
    /// The name in the group database.
    package let name: String
    let id: gid_t

    /// A group is a line of text; those of large sites have thousands of members.
    private static let mostBytes = 1 << 20
    /// `SO_PEERGROUPS` of asm-generic/socket.h, which Glibc's module does not have.
    private static let peerGroups: Int32 = 59
    /// The most groups that a process can have (NGROUPS_MAX, limits.h).
    private static let mostGroups = 65_536

    /// - Throws: ``FeedError`` when the system has no such group.
    package init(named name: String) throws {
        var buffer = [CChar](repeating: 0, count: Self.mostBytes)
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        let code = getgrnam_r(name, &entry, &buffer, buffer.count, &found)
        guard code == 0, found != nil else {
            throw FeedError(
                place: "operators",
                problem: "there is no group \(name)" + (code == 0 ? "" : ": \(String(cString: strerror(code)))"))
        }
        self.name = name
        id = entry.gr_gid
    }

    /// Whether the other end of a connection is a member, as the kernel says.
    ///
    /// - Parameter primary: its main group.
    func has(connection: Int32, primary: gid_t) -> Bool {
        if primary == id { return true }
        var groups = [gid_t](repeating: 0, count: Self.mostGroups)
        var length = socklen_t(groups.count * MemoryLayout<gid_t>.stride)
        guard getsockopt(connection, SOL_SOCKET, Self.peerGroups, &groups, &length) == 0 else { return false }
        return groups.prefix(Int(length) / MemoryLayout<gid_t>.stride).contains(id)
    }

    /// Lets members read the data folder and what is in it, and what comes later (set-group-ID, inode(7)). What only its
    /// owner may read, keys say, stays so.
    ///
    /// - Throws: ``FeedError`` when the folder cannot be given to the group.
    package func open(_ folder: String) throws {
        try give(folder, isFolder: true)
        guard let entries = FileManager.default.enumerator(atPath: folder) else { return }
        while let name = entries.nextObject() as? String {
            // Whoever may read a lock may take it, and keep Picket from starting.
            if name.hasSuffix(Self.lockName) {
                chmod("\(folder)/\(name)", 0o600)
                continue
            }
            guard let type = entries.fileAttributes?[.type] as? FileAttributeType,
                type == .typeRegular || type == .typeDirectory
            else { continue }
            try give("\(folder)/\(name)", isFolder: type == .typeDirectory)
        }
    }

    private func give(_ path: String, isFolder: Bool) throws {
        guard lchown(path, uid_t.max, id) == 0, !isFolder || chmod(path, Self.folderMode) == 0 else {
            throw FeedError(
                place: path,
                problem:
                    "cannot be given to the group \(name): \(String(cString: strerror(errno))); the user that Picket runs "
                    + "as has to be a member of it")
        }
    }

    private static let folderMode: mode_t = 0o2750
    /// The lock of the log in its folder (`PicketLog`).
    private static let lockName = "LOCK"

    /// Shuts a data folder that a group could read once; one whose modes somebody else chose stays as it is.
    package static func shut(_ folder: String) {
        let attributes = try? FileManager.default.attributesOfItem(atPath: folder)
        guard let mode = (attributes?[.posixPermissions] as? NSNumber)?.uint32Value, mode & 0o7777 == folderMode else {
            return
        }
        chmod(folder, 0o700)
    }
}
