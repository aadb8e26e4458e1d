import Foundation
import Glibc

/// Whether a file that names programs can be put in place by nobody but root and us: whoever writes it, or may put another
/// one in its place, runs what he likes as the user of Picket.
enum ProgramTrust {
    /// What is wrong with the file or its folder, and what to do; nil when nothing is.
    static func problem(of path: String) -> (message: String, help: String)? {
        let file = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        let folder = file.deletingLastPathComponent().path
        for place in [file.path, folder] {
            guard let owner = FileOwner(of: place) else {
                return ("\(place) cannot be looked at", "let Picket read it")
            }
            guard owner.user == 0 || owner.user == Int(geteuid()) else {
                return (
                    "it runs programs, and \(place) belongs to another user (\(owner.user)), who may change them",
                    "run `chown` on it: it has to belong to root or to the user of Picket"
                )
            }
            // Under the sticky bit, as in /tmp, nobody takes away what is another's.
            guard place != folder || owner.permissions & 0o022 == 0 || owner.permissions & 0o1000 != 0 else {
                return (
                    "it runs programs, and others than the owner of \(folder) may put another file in its place",
                    "run `chmod go-w` on the folder"
                )
            }
        }
        return nil
    }
}
