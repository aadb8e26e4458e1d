package import Foundation

/// What tells a file from a changed one, without reading it.
package struct FileTrace: Equatable, Sendable {
    /// Nil when it is not there.
    package let modified: Date?
    /// In bytes; nil when it is not there.
    package let size: Int?

    package init(_ path: String) {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        modified = attributes?[.modificationDate] as? Date
        size = attributes?[.size] as? Int
    }
}
