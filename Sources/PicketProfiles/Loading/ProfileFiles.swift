import Foundation

/// Finds and reads the files that profiles are in.
enum ProfileFiles {
    /// A file that could not be read, as what is said of it.
    struct Problem: Error {
        var diagnostic: Diagnostic
    }

    /// The profile files that `path` names: itself, or those that lie in it.
    static func list(_ path: String) -> (files: [String], problem: Diagnostic?) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            return (
                [],
                Diagnostic(
                    code: .unreadable, file: path, message: "there is no such file or folder",
                    suggestion: sibling(of: path))
            )
        }
        guard isFolder.boolValue else { return ([path], nil) }
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { name in
                !name.hasPrefix(".")
                    && ProfileLoader.extensions.contains(URL(fileURLWithPath: name).pathExtension.lowercased())
            }
            let folder = path.hasSuffix("/") ? path : path + "/"
            guard !names.isEmpty else {
                return (
                    [],
                    Diagnostic(
                        code: .empty, file: path, message: "the folder holds no profile",
                        help: "profiles are files ending in .yaml, .yml or .json, directly in the folder")
                )
            }
            return (names.sorted().map { folder + $0 }, nil)
        } catch {
            return ([], Diagnostic(code: .unreadable, file: path, message: "the folder cannot be read: \(error)"))
        }
    }

    /// What tells a file from others, however it is named.
    static func identity(_ file: String) -> String {
        URL(fileURLWithPath: file).resolvingSymlinksInPath().standardizedFileURL.path
    }

    /// The text of `file`, if it is a plain file of UTF-8 and not too large.
    ///
    /// - Parameter isFleet: it may be as large as a fleet is, and not only as a profile.
    static func text(of file: String, isFleet: Bool = false) -> Result<String, Problem> {
        let most = isFleet ? ProfileLimits.fleetBytes : ProfileLimits.fileBytes
        func failure(
            _ code: DiagnosticCode, _ message: String, line: Int = 0, help: String? = nil
        ) -> Result<String, Problem> {
            let diagnostic = Diagnostic(
                code: code, file: file, line: line, column: line > 0 ? 1 : 0, message: message, help: help)
            return .failure(Problem(diagnostic: diagnostic))
        }
        do {
            let target = URL(fileURLWithPath: file).resolvingSymlinksInPath().path
            let attributes = try FileManager.default.attributesOfItem(atPath: target)
            // A pipe or device would hold up the start of the daemon for as long as it pleases.
            guard attributes[.type] as? FileAttributeType == .typeRegular else {
                return failure(.unreadable, "this is not a plain file")
            }
            guard let handle = FileHandle(forReadingAtPath: target) else {
                return failure(.unreadable, "the file cannot be opened", help: "check its permissions")
            }
            defer { handle.closeFile() }
            let data = try handle.read(upToCount: most + 1) ?? Data()
            guard data.count <= most else {
                return failure(
                    .fileTooLarge, "the file is larger than \(most >> 20) MiB",
                    help: isFleet
                        ? "leave attributes out that no profile asks for, or watch parts of the fleet apart"
                        : "a profile is; split it into several")
            }
            guard let text = String(validating: data, as: UTF8.self) else {
                let valid = String(decoding: data, as: UTF8.self)
                let line = valid.prefix { $0 != "\u{FFFD}" }.count { $0.isNewline } + 1
                return failure(.notUTF8, "the file is not UTF-8", line: line)
            }
            return .success(text)
        } catch {
            return failure(.unreadable, "the file cannot be read: \(error.localizedDescription)")
        }
    }

    /// The entry of the folder of `path` with the most similar name.
    private static func sibling(of path: String) -> String? {
        let url = URL(fileURLWithPath: path)
        let folder = url.deletingLastPathComponent().path
        // Where the folder cannot be read there is nothing to suggest, and the message already says what is wrong.
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder),
            let near = DidYouMean.closest(to: url.lastPathComponent, among: names.sorted())
        else { return nil }
        let trimmed = path.last == "/" ? path.dropLast() : path[...]
        return String(trimmed.dropLast(url.lastPathComponent.count)) + near
    }
}
