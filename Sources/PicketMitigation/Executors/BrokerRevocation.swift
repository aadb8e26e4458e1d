import Crypto
import Foundation
import Glibc
import PicketEvents
import PicketLog

/// Gives a broker a new revocation list: written beside the old one, renamed, and read by the broker after SIGHUP. A broker
/// that finds no list, or one it cannot read, goes on without any (measured with Mosquitto 2.0.11), so the old list stays
/// until the new one is whole.
package struct BrokerRevocation: Equatable, Sendable {
    /// The file that the broker reads.
    package var listFile: String
    /// The file with the broker's process id; nil when nobody may signal it.
    package var processFile: String?

    package init(listFile: String, processFile: String?) {
        self.listFile = listFile
        self.processFile = processFile
    }

    /// Puts the list in place.
    ///
    /// - Returns: SHA-256 of the file, as it can be read back.
    package func install(_ list: String) throws -> String {
        guard list.hasPrefix("-----BEGIN X509 CRL-----\n"), list.hasSuffix("-----END X509 CRL-----\n") else {
            throw AuthorityError(
                problem: "the revocation list is not whole", remedy: "write it anew with picket ca crl")
        }
        let folder = URL(fileURLWithPath: listFile).deletingLastPathComponent().path
        try RealFileSystem().replaceFile(listFile, in: folder, with: Array(list.utf8))
        // Brokers run as another user; a list is public.
        guard chmod(listFile, 0o644) == 0, let read = FileManager.default.contents(atPath: listFile),
            read == Data(list.utf8)
        else {
            throw AuthorityError(problem: "\(listFile) is not what was written", remedy: "check who else writes it")
        }
        return BrokerRevocation.sha256(list)
    }

    static func sha256(_ list: String) -> String { Hex.string(SHA256.hash(data: Data(list.utf8))) }

    /// The text of the list that the broker reads; nil when there is none.
    package func installed() -> String? {
        FileManager.default.contents(atPath: listFile).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether a broker can read what is there.
    package var isReadable: Bool { installed().flatMap { InstalledList(pem: $0) } != nil }

    /// Tells the broker to read it.
    ///
    /// - Returns: why that was not possible; nil when the signal was sent.
    package func reload() -> String? {
        guard let processFile else { return "no `pid` file is configured" }
        guard let text = FileManager.default.contents(atPath: processFile).map({ String(decoding: $0, as: UTF8.self) }),
            let pid = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)), pid > 1
        else { return "\(processFile) holds no process id" }
        // A number may have been given to somebody else since.
        let name = FileManager.default.contents(atPath: "/proc/\(pid)/comm").map { String(decoding: $0, as: UTF8.self) }
        guard let name, name == "mosquitto\n" else { return "process \(pid) is no mosquitto" }
        return kill(pid, SIGHUP) == 0 ? nil : "process \(pid): \(String(cString: strerror(errno)))"
    }
}
