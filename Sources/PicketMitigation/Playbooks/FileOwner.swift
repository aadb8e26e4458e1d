import Foundation

/// Whose a file is, and who may change it.
struct FileOwner {
    let user: Int
    /// The bits of `chmod`.
    let permissions: Int

    /// Nil when the file cannot be looked at. A symbolic link is not followed.
    ///
    /// By Foundation and not with stat(2): in an optimised build the members of `stat` belong to whatever module of this
    /// one's imports the compiler finds first.
    init?(of path: String) {
        guard let status = try? FileManager.default.attributesOfItem(atPath: path),
            let user = status[.ownerAccountID] as? NSNumber, let permissions = status[.posixPermissions] as? NSNumber
        else { return nil }
        self.user = user.intValue
        self.permissions = permissions.intValue
    }
}
