import Foundation
import Glibc
import PicketEvents
import PicketFeeds
package import PicketLog
import PicketMitigation

/// How a command tells a decision: through the socket of the daemon that runs, or, when none does, by a record it writes
/// itself under the log's lock.
package struct ControlClient {
    /// The log that is meant.
    package let place: LogPlace
    private let folder: String

    /// How long a decision may take: the daemon makes it durable, and may have to wait for the disk.
    package static let patienceSeconds = 60

    /// How long a reading may wait for its record: a daemon whose disk is full must not keep anybody from looking why.
    private static let readingPatienceSeconds = 5

    /// - Parameter data: the data folder of `picket run`, or its log folder.
    package init(data: String) { self.init(place: LogPlace(data)) }

    package init(place: LogPlace) {
        self.place = place
        folder = place.parent
    }

    /// Asks the daemon.
    ///
    /// - Returns: its answer; nil when no daemon runs there.
    /// - Throws: ``FeedError`` when there is one that cannot be asked.
    package func ask(
        _ request: ControlRequest, patienceSeconds: Int = ControlClient.patienceSeconds
    ) throws -> ControlAnswer? {
        let socketPath = "\(folder)/\(ControlSocket.name)"
        guard FileManager.default.fileExists(atPath: socketPath) else { return nil }
        let connection = try ControlPlace(folder).withAddress { address, length -> Int32? in
            let number = socket(AF_UNIX, ControlPlace.type, 0)
            guard number >= 0, connect(number, address, length) == 0 else {
                let code = errno
                if number >= 0 { close(number) }
                // What a daemon that was killed left behind.
                if code == ECONNREFUSED || code == ENOENT { return nil }
                throw FeedError(place: socketPath, problem: String(cString: strerror(code)))
            }
            return number
        }
        guard let connection else { return nil }
        defer { close(connection) }
        var channel = LineChannel(descriptor: connection, patienceSeconds: patienceSeconds)
        let line = [UInt8](try JSONEncoder().encode(request))
        guard channel.writeLine(line), let answer = channel.readLine() else {
            throw FeedError(
                place: socketPath,
                problem: "the daemon did not answer; whether it was done is in the log: picket tail --kind operator")
        }
        return try JSONDecoder().decode(ControlAnswer.self, from: Data(answer))
    }

    /// Has it recorded that somebody reads the log: by the daemon that writes it, or in its absence here.
    ///
    /// - Returns: why it could not be recorded; nil when it is, durably.
    package func record(_ access: AccessRecord) -> String? {
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        // The daemon of a folder writes the log in it, and no copy that lies beside.
        guard place.isInDataFolder else { return access.append(to: place, time: now) }
        do {
            let request = ControlRequest.read(action: access.action, what: access.what)
            guard let answer = try ask(request, patienceSeconds: ControlClient.readingPatienceSeconds) else {
                return access.append(to: place, time: now)
            }
            return answer.isDone ? nil : answer.message
        } catch {
            return "\(error)"
        }
    }

    /// Tells the daemon that writes this log what was done with it; where none runs, nobody.
    ///
    /// - Returns: why it could not be told; nil when it was, or there is none.
    package func tell(_ access: AccessRecord) -> String? {
        guard place.isInDataFolder else { return nil }
        do {
            let request = ControlRequest.read(action: access.action, what: access.what)
            let answer = try ask(request, patienceSeconds: ControlClient.readingPatienceSeconds)
            return answer.flatMap { $0.isDone ? nil : $0.message }
        } catch {
            return "\(error)"
        }
    }

    /// Has a decision recorded: by the daemon, or in its absence here.
    ///
    /// - Throws: ``FeedError`` or `LogError` when it is recorded nowhere.
    package func decide(_ request: ControlRequest) throws -> ControlAnswer {
        if let answer = try ask(request) { return answer }
        if let (action, id) = request.mitigation {
            let outbox = try OutboxReading.read(folder: place.folder).outbox
            if let objection = outbox.objection(to: action, mitigation: id, by: OfflineRecords.user) {
                return ControlAnswer(isDone: false, message: objection)
            }
        }
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        guard let record = request.record(by: OfflineRecords.user, received: now) else {
            return ControlAnswer(isDone: false, message: "no daemon runs in \(folder)")
        }
        if let reason = OfflineRecords([record.line()]).append(to: place, time: now) {
            throw FeedError(place: place.folder, problem: "the decision could not be recorded: \(reason)")
        }
        return ControlAnswer(isDone: true, message: "\(record.action): recorded; no daemon runs, the next one reads it")
    }
}
