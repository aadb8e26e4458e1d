import Foundation
import PicketDetection
package import PicketEvents
package import PicketFeeds
import PicketLog
package import PicketProfiles

/// A replay as a person asks for it: inputs, profiles, and where to write.
package struct ReplayJob {
    /// Files (compressed or not), `-` for standard input, or one log folder, or the data folder around it.
    package var inputs: [String]
    /// None for a log folder stands for those that were in force when it was written.
    package var profiles: [SecurityProfile]
    /// Which devices there are.
    package var fleet = Fleet.none
    /// The format of the inputs; nil to recognise it.
    package var format: FeedFormat?
    /// How the inputs are read.
    package var options = FeedOptions()
    /// The most events in a batch. The result does not depend on it.
    package var batchEvents = Limits.batchEvents
    /// The same profiles and fleet with the text they came from, for a log that is written; nil where it names none.
    package var set: ProfileSet?
    /// A folder to write a log into.
    package var writeLog: String?
    /// The file with the private key that signs that log; nil for a log that proves nothing.
    package var signWith: String?
    /// The compression level of that log, 1 to 9.
    package var level = 6
    /// Which violations are wanted.
    package var selection = ReplaySelection()
    /// Of a log: the index after the last record wanted.
    package var end = UInt64.max
    /// Is told now and then how far the replay has come.
    package var progress: (ReplayProgress) -> Void = { _ in }

    package init(inputs: [String], profiles: [SecurityProfile]) {
        self.inputs = inputs
        self.profiles = profiles
    }

    /// Reads everything.
    ///
    /// - Parameter report: called with violations in their order, as they are found.
    /// - Throws: ``FeedError`` from an input, `LogError` from a log.
    package func run(report: ([Violation]) throws -> Void) throws -> ReplaySummary {
        let clock = ContinuousClock()
        let start = clock.now
        var hash = ViolationsHash()
        var counts: [String: Int] = [:]
        func see(_ all: [Violation]) throws {
            let violations = selection.isEverything ? all : all.filter(selection.wants)
            for violation in violations {
                hash.add(violation)
                if violation.event == .inAlarm { counts["\(violation.profile)/\(violation.behavior)", default: 0] += 1 }
            }
            try report(violations)
        }
        let (detector, visible, profiles, span, firstIndex) =
            if inputs.count == 1, LogFolder.isLogFolder(LogPlace(inputs[0]).folder) {
                try runLog(LogPlace(inputs[0]).folder, see)
            } else {
                try runFiles(see)
            }
        var summary = ReplaySummary()
        summary.span = span
        summary.firstIndex = firstIndex
        summary.isOfLog = inputs.count == 1 && LogFolder.isLogFolder(LogPlace(inputs[0]).folder)
        summary.events = detector.statistics.events
        summary.rejected = detector.statistics.rejected
        summary.late = detector.statistics.late
        summary.subjects = SubjectKind.allCases.reduce(0) { $0 + detector.knownSubjects($1) }
        for profile in profiles {
            for behavior in profile.behaviors {
                let name = "\(profile.name)/\(behavior.name)"
                summary.violations.append((name, counts[name] ?? 0))
            }
        }
        summary.blind = Blindness.find(profiles, in: visible)
        let elapsed = clock.now - start
        summary.seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        summary.violationsHash = hash.hex
        return summary
    }

    private typealias Result = (
        detector: Detector, visible: [(format: FeedFormat, visibility: Visibility)], profiles: [SecurityProfile],
        span: (first: Int64, last: Int64)?, firstIndex: UInt64
    )

    private func runFiles(_ report: ([Violation]) throws -> Void) throws -> Result {
        if let folder = inputs.first(where: { LogFolder.isLogFolder(LogPlace($0).folder) }) {
            throw FeedError(place: folder, problem: "a log folder is replayed alone; give only this one input")
        }
        var opened: [ReplayInput] = []
        for (index, path) in inputs.enumerated() {
            opened.append(
                try ReplayInput(
                    path: path, feed: FeedID(index), name: ReplayJob.feedName(path, among: opened.map(\.name)),
                    format: format, options: options, limit: batchEvents))
        }
        // The first key of a file is that of a new log; another can only come by a rotation.
        let signers = try signWith.map { Array(try KeyFile.read($0).signers.prefix(1)) } ?? []
        let sink = try writeLog.map { try LogSink(folder: $0, level: level, signers: signers) }
        var replay = Replay(inputs: opened, detector: Detector(profiles: profiles, fleet: fleet.view), log: sink)
        let sizes = inputs.map(ReplayJob.byteCount)
        let total = sizes.contains(nil) ? nil : sizes.reduce(0) { $0 + ($1 ?? 0) }
        if let set, let writeLog, !set.profiles.isEmpty {
            try set.keep(logFolder: writeLog)
            replay.profileSet = set
        }
        replay.progress = { [progress] in progress(ReplayProgress(done: $0, total: total)) }
        let (detector, inputs) = try replay.run(report: report)
        let newest = inputs.map(\.newest).max() ?? .min
        let span = newest == .min ? nil : (first: inputs.compactMap(\.firstTime).min() ?? newest, last: newest)
        return (detector, inputs.map { ($0.format, $0.visibility) }, profiles, span, 0)
    }

    private func runLog(_ folder: String, _ report: ([Violation]) throws -> Void) throws -> Result {
        if writeLog != nil {
            throw FeedError(place: folder, problem: "it is a log already; --write-log is for feeds")
        }
        var reader = LogAhead(folder: folder)
        var detector = Detector(profiles: profiles, fleet: fleet.view)
        var replay = LogReplay()
        let source: LogReplay.ProfileSource = profiles.isEmpty ? .log(folder: folder) : .given
        let extent = try LogExtent.read(folder: folder)
        while !selection.isPast(replay.newestReceived), let block = try reader.next()?.below(end), block.count > 0 {
            try replay.take(block, into: &detector, profiles: source, report: report)
            progress(
                ReplayProgress(
                    done: block.endIndex - min(extent.first, block.endIndex), total: extent.end - extent.first))
            if let missing = replay.missingProfiles.first {
                throw FeedError(
                    place: folder,
                    problem: "the profiles that were in force (\(missing)) are not in its folder `profiles`, or the "
                        + "file there is another or larger than \(ProfileSet.copyBytes >> 20) MB; name some with "
                        + "--profile")
            }
        }
        let inForce = profiles.isEmpty ? replay.profileSet.profiles : profiles
        let span = replay.records == 0 ? nil : (first: replay.oldestReceived, last: replay.newestReceived)
        return (detector, [(.picketLog, replay.visibility)], inForce, span, extent.first)
    }

    /// The bytes of a file, as they lie on the disk; nil where they are not known before they are read.
    private static func byteCount(_ path: String) -> UInt64? {
        let file = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard path != "-", let attributes = try? FileManager.default.attributesOfItem(atPath: file),
            attributes[.type] as? FileAttributeType == .typeRegular
        else { return nil }
        return (attributes[.size] as? NSNumber)?.uint64Value
    }

    /// The name of a feed that is a file: its file name, made distinct when two are called the same.
    private static func feedName(_ path: String, among names: [String]) -> String {
        let base = path == "-" ? "stdin" : path.split(separator: "/").last.map(String.init) ?? path
        let plain = base == RecordLine.feedName ? "\(base)-feed" : base
        guard names.contains(plain) else { return plain }
        return (2...).lazy.map { "\(plain)#\($0)" }.first { !names.contains($0) } ?? plain
    }
}
