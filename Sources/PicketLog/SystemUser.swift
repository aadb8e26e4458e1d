import Glibc

/// The users of this system.
package enum SystemUser {
    /// More than any entry of a user database has.
    private static let mostBytes = 1 << 16

    /// The name of the user with this number; its number where there is none.
    package static func name(of id: UInt32) -> String {
        var buffer = [CChar](repeating: 0, count: mostBytes)
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        guard getpwuid_r(id, &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name else {
            return "uid \(id)"
        }
        return String(cString: name)
    }
}
