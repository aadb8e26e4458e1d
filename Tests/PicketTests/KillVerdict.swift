import Foundation
import Testing

/// What both verifiers say of the log that a killed daemon left.
enum KillVerdict {
    private static let tool = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("tools/verify_log.py").path

    /// Expects `picket log verify` and `tools/verify_log.py` to call `data/log` sound. Where the kill came before the first
    /// checkpoint was kept, both say that it is not there yet.
    static func expectSound(_ folder: ProductFolder, _ label: String, log: String = "data/log") throws {
        let ours = try ProductProgram.run(["log", "verify", log, "--output", "text"], in: folder)
        let theirs = try ProductProgram.run(["-B", tool, log], executable: "python3", in: folder)
        let text = String(decoding: ours.output + theirs.output, as: UTF8.self)
        #expect(ours.end == theirs.end, "\(label)\n\(text)")
        let isSigned = ["checkpoint", "checkpoints.log", "state/signed"].allSatisfy {
            FileManager.default.fileExists(atPath: (log.hasPrefix("/") ? log : folder.file(log)) + "/\($0)")
        }
        #expect(ours.end == .code(isSigned ? 0 : 2), "\(label)\n\(text)")
    }
}
