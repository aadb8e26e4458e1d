package import PicketDetection
import PicketEvents
import PicketLog
package import PicketProfiles

/// What the limits that learn have learned from a log: models are state of the engine, so reading the log makes them again.
package enum LearningReading {
    /// - Parameter given: profiles to learn with; empty for those that were in force.
    /// - Throws: `LogError` when the log cannot be read.
    package static func read(folder: String, given: [SecurityProfile], fleet: Fleet) throws -> [Learning] {
        var reader = try LogReader(folder: folder)
        var detector = Detector(profiles: given, fleet: fleet.view)
        var replay = LogReplay()
        let source: LogReplay.ProfileSource = given.isEmpty ? .log(folder: folder) : .given
        while let block = try reader.next() {
            replay.take(block, into: &detector, profiles: source, report: { _ in })
        }
        return detector.learning
    }
}
