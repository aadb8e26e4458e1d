/// Reads the write-ahead files: what is sealed already must be the same there, and the rest goes on in the tree.
struct TailCheck {
    private let folder: LogFolder
    private let origin: String
    private let fileSystem: any LogFileSystem

    /// The files, ascending.
    private(set) var scans: [WriteAheadScan] = []

    init(_ folder: LogFolder, origin: String, _ fileSystem: any LogFileSystem, _ report: inout VerifyReport)
        throws(LogError)
    {
        self.folder = folder
        self.origin = origin
        self.fileSystem = fileSystem
        let files = try folder.writeAheadFiles(fileSystem)
        for (place, first) in files.enumerated() {
            let scan = try WriteAheadScan(folder.writeAheadFile(first), firstIndex: first, fileSystem)
            if let header = scan.header, header.origin != origin {
                report.add(.tampered, scan.path, "belongs to the log '\(header.origin)'")
            }
            let isNewest = place + 1 == files.count
            let isSuperseded = !isNewest && scan.header != nil && scan.endIndex >= files[place + 1]
            switch scan.end {
            case .clean: break
            case .torn where isNewest: report.tornBytes += scan.bytes.count - scan.endOffset
            case .torn where isSuperseded, .damaged where isSuperseded: break
            case .torn: report.add(.tampered, scan.path, "is cut short", index: scan.endIndex, offset: scan.endOffset)
            case .damaged(let problem):
                report.add(.tampered, scan.path, problem, index: scan.endIndex, offset: scan.endOffset)
            }
            scans.append(scan)
        }
    }

    /// The first record in any file.
    var firstIndex: UInt64? { scans.first?.firstIndex }

    /// Compares with the sealed records in `kept`, and returns the leaves after `sealed`, in order.
    func run(sealed: UInt64, kept: [UInt64: TreeHash], _ report: inout VerifyReport) -> [TreeHash] {
        var leaves: [TreeHash] = []
        for (place, scan) in scans.enumerated() {
            let limit = place + 1 < scans.count ? scans[place + 1].firstIndex : .max
            let reached = sealed + UInt64(leaves.count)
            if scan.firstIndex > reached, scan.header != nil {
                report.add(.tampered, scan.path, "the records before it are nowhere", index: reached)
                return leaves
            }
            var different: UInt64?
            scan.forEachRecord(from: scan.firstIndex, to: limit) { index, line, _ in
                let leaf = TreeHash.leaf(scan.bytes, line)
                if index < sealed {
                    if let known = kept[index], known != leaf { different = different ?? index }
                } else if index == sealed + UInt64(leaves.count) {
                    leaves.append(leaf)
                }
            }
            if let different {
                report.add(.tampered, scan.path, "holds another record than the segment", index: different)
            }
        }
        return leaves
    }
}
