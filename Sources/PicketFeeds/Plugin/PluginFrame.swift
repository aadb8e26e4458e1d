import PicketEvents

/// The wire format of the broker plugin's socket, version 1: numbers and bounds that both sides must agree on.
/// Documentation/PLUGIN.md describes it byte by byte; Sources/BrokerPlugin/wire.h is the other side.
package enum PluginFrame {
    package static let version: UInt16 = 1

    /// Frames that say what the plugin itself has to say.
    static let hello: UInt8 = 0x01
    static let beat: UInt8 = 0x02
    static let answer: UInt8 = 0x03
    /// Frames of Picket.
    private static let welcome: UInt8 = 0x81
    private static let acknowledge: UInt8 = 0x82
    private static let command: UInt8 = 0x83

    /// The longest frame that a plugin sends: five names of 1 KiB, a topic of 8 KiB, and the fixed part. A longer one is
    /// not a plugin's.
    package static let longest = 14_000

    /// The fixed part of an event, without the length before it.
    static let eventFixed = 28

    static let isRetained: UInt8 = 1
    static let isClean: UInt8 = 2
    static let isFinal: UInt8 = 1

    /// The kind of an event frame; nil for another frame.
    @inline(__always)
    static func kind(_ type: UInt8) -> EventKind? {
        switch type {
        case 0x10: .connect
        case 0x11: .connectFailed
        case 0x12: .disconnect
        case 0x13: .publish
        case 0x14: .subscribe
        case 0x15: .unsubscribe
        case 0x16: .denied
        default: nil
        }
    }

    /// The reason with this number (`enum wire_reason`).
    static func reason(_ number: UInt8) -> Reason? {
        let reasons: [Reason] = [
            .unknown, .client, .keepaliveTimeout, .connectionLost, .takeover, .kicked, .protocolError, .oversize,
            .notAuthorized, .banned, .badCertificate,
        ]
        return Int(number) < reasons.count ? reasons[Int(number)] : nil
    }

    // MARK: What Picket sends

    /// The answer to a hello: which run of the broker we know, and up to which event all are in the log.
    package static func welcome(run: UInt64, resume: UInt64) -> [UInt8] {
        frame(welcome) { out in
            append(version, to: &out)
            append(run, to: &out)
            append(resume, to: &out)
        }
    }

    /// All events up to `sequence` are durable.
    package static func acknowledge(_ sequence: UInt64) -> [UInt8] {
        frame(acknowledge) { append(sequence, to: &$0) }
    }

    /// An order to the plugin; nil when the name is longer than any that the plugin knows.
    package static func command(
        request: UInt32, operation: PluginCommand.Operation, name: PluginCommand.Name, withWill: Bool
    ) -> [UInt8]? {
        let text = Array(name.text.utf8)
        guard text.count <= 1_024 else { return nil }
        return frame(command) { out in
            append(request, to: &out)
            out += [operation.rawValue, name.code, withWill ? 1 : 0]
            append(UInt16(text.count), to: &out)
            out += text
        }
    }

    private static func frame(_ type: UInt8, _ body: (inout [UInt8]) -> Void) -> [UInt8] {
        var bytes: [UInt8] = [type]
        body(&bytes)
        var out: [UInt8] = []
        append(UInt32(bytes.count), to: &out)
        return out + bytes
    }

    private static func append(_ value: some FixedWidthInteger, to out: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { out += $0 }
    }
}

/// What Picket can ask of the plugin.
package enum PluginCommand {
    package enum Operation: UInt8, Sendable {
        case deny = 1
        case allow = 2
        case kick = 3
        case count = 4
    }

    /// Whom it concerns.
    package enum Name: Hashable, Sendable {
        /// A certificate, by its serial number in hexadecimal.
        case serial(String)
        case user(String)
        case client(String)

        package var text: String {
            switch self {
            case .serial(let text), .user(let text), .client(let text): text
            }
        }

        var code: UInt8 {
            switch self {
            case .serial: 0x73
            case .user: 0x75
            case .client: 0x63
            }
        }
    }

    /// What came of it.
    package enum Outcome: Equatable, Sendable {
        /// Done: the entries of the deny list now, or the sessions that were ended.
        case done(Int)
        /// It was so already, or there was no such session.
        case nothing
        /// The plugin does not understand the name: a serial that is no hexadecimal number, say.
        case invalid
        /// In force, but the plugin could not write its file: a restart of the broker would forget it.
        case notDurable
        /// The deny list or the queue is full.
        case full
        /// No plugin is connected.
        case away
        /// The connection ended, or time ran out, before an answer: it may have been done.
        case unknown

        init?(status: UInt8, count: Int) {
            switch status {
            case 0: self = .done(count)
            case 1: self = .nothing
            case 2: self = .invalid
            case 3: self = .notDurable
            case 4: self = .full
            default: return nil
            }
        }
    }
}
