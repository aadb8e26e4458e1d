import Foundation
import Glibc
import PicketProfiles

/// What a configuration names and must be there before anything starts: said by `picket run --check`, and not on the night on
/// which it is needed.
enum NamedFiles {
    /// Reports a file that cannot be read.
    ///
    /// - Parameter help: what to do where it is missing.
    static func need(
        _ file: (text: String, place: Place)?, _ what: String, help: String, _ collector: DiagnosticCollector
    ) {
        guard let file, !FileManager.default.isReadableFile(atPath: file.text) else { return }
        collector.report(
            .unreadable, at: file.place, "\(what) `\(file.text)` is not there, or cannot be read", help: help)
    }

    /// Reports a folder that holds no certificate authority.
    static func needAuthority(_ folder: (text: String, place: Place)?, _ collector: DiagnosticCollector) {
        guard let folder, !FileManager.default.fileExists(atPath: "\(folder.text)/ca.crt") else { return }
        collector.report(
            .unreadable, at: folder.place, "there is no certificate authority in `\(folder.text)`",
            help: "make one with picket ca init --folder \(folder.text)")
    }

    /// Reports a user that this system does not know.
    static func needUser(_ user: (text: String, place: Place)?, _ collector: DiagnosticCollector) {
        guard let user, getpwnam(user.text) == nil else { return }
        collector.report(
            .unknownValue, at: user.place, "there is no user `\(user.text)`",
            help: "`user` names who the broker runs as, for example mosquitto")
    }

    /// Reports a group that this system does not know.
    static func needGroup(_ name: (text: String, place: Place), _ collector: DiagnosticCollector) {
        do {
            _ = try OperatorGroup(named: name.text)
        } catch {
            collector.report(
                .unknownValue, at: name.place, "there is no group `\(name.text)`",
                help: "make one with groupadd \(name.text), and put whoever decides into it")
        }
    }
}
