import Foundation
import PicketEvents

/// Lines of a feed that never ends, by seed. Every line that makes an event holds its own number, so that one too many,
/// one too few and two in the wrong order all show.
///
/// Their times begin some minutes ago and pass several times as fast as the clock, so that windows end, and violations
/// clear, within seconds. Rare lines are late, malformed, or too long.
protocol KillLines {
    /// Appends one or several whole lines.
    mutating func append(to out: inout [UInt8])

    /// The last line: one message of `device`, so large that a behavior without a duration tells of it at once.
    mutating func appendLast(_ device: String, to out: inout [UInt8])
}

/// What both formats share.
struct KillScript {
    var dice: Dice
    private(set) var number = 0
    /// Engine time of the next line, in Unix milliseconds.
    private var start = Int64(Date().timeIntervalSince1970 * 1_000) - 240_000
    private var floodLeft = 0
    private var calmLeft = 1_500
    private var flooder = 0
    private var rejections = 0

    static let devices = 40
    /// Lines of one second of engine time, which passes eight times as fast as the lines are written.
    private let linesPerSecond: Int
    /// `rejected` records beyond 100 a second become a count, and a start reads the lines of many seconds in one. So
    /// there are fewer in all.
    private static let mostRejections = 90

    /// - Parameter linesPerSecond: how many lines are written in a second.
    init(seed: UInt64, linesPerSecond: Int) {
        dice = Dice(state: seed)
        self.linesPerSecond = max(linesPerSecond / 8, 1)
    }

    /// The next line's number, device and time. Floods come and go: then one device sends nearly half of all.
    mutating func next() -> (number: Int, device: Int, time: Int64) {
        number += 1
        if floodLeft > 0 {
            floodLeft -= 1
        } else if calmLeft > 0 {
            calmLeft -= 1
        } else {
            flooder = dice.below(KillScript.devices)
            floodLeft = 1_000 + dice.below(3_000)
            calmLeft = 3_000 + dice.below(4_000)
        }
        let device = floodLeft > 0 && dice.below(10) < 4 ? flooder : dice.below(KillScript.devices)
        var time = start + Int64(number * 1_000 / linesPerSecond)
        if dice.oneIn(50) { time -= Int64(dice.below(300)) }
        if dice.oneIn(400) { time -= 1_000 + Int64(dice.below(4_000)) }
        return (number, device, time)
    }

    /// Whether one more line may be malformed.
    mutating func mayReject(oneIn rounds: Int) -> Bool {
        guard rejections < KillScript.mostRejections, dice.oneIn(rounds) else { return false }
        rejections += 1
        return true
    }
}

/// NDJSON in several spellings, with escapes, UTF-8, blank lines and CRLF.
struct KillNDJSON: KillLines {
    private var script: KillScript

    /// Names as people give them, escaped and not.
    private static let names = ["sensor", "gerät", "датчик", "cam \\\"a\\\"", "\\u00e9tage\\\\2", "🔥", "a\\/b"]

    init(seed: UInt64, linesPerSecond: Int) { script = KillScript(seed: seed, linesPerSecond: linesPerSecond) }

    mutating func append(to out: inout [UInt8]) {
        if script.mayReject(oneIn: 300) { appendBad(to: &out) }
        if script.dice.oneIn(200) { out.append(contentsOf: [0x0A]) }
        let (number, device, time) = script.next()
        let name = "\(KillNDJSON.names[device % KillNDJSON.names.count])-\(device)"
        func add(_ text: String) { out.append(contentsOf: text.utf8) }
        switch script.dice.below(40) {
        case 0:
            add("{\"timestamp\":")
            out.append(0x22)
            Timestamp.append(time, to: &out)
            add(
                "\",\"event\":\"connect\",\"thingName\":\"\(name)\",\"clientid\":\"c\(number)\",\"ip\":\"10.0.0.\(device)\"}"
            )
        case 1:
            add("{ \"ts\": \(time), \"kind\": \"disconnect\", \"device\": \"\(name)\", \"client\": \"c\(number)\",")
            add(" \"reason\": \"keepalive_timeout\" }\r")
        case 2:
            add("{\"time\":\(time),\"kind\":\"auth_failure\",\"client\":\"c\(number)\",\"reason\":\"not_authorised\",")
            add("\"address\":\"10.1.0.\(number % 5)\"}")
        case 3:
            add("{\"time\":\(time),\"kind\":\"deliver\",\"device\":\"\(name)\",\"topic\":\"cmd/\(number)\",\"qos\":1}")
        default:
            add("{\"time\":\(time),\"kind\":\"publish\",\"device\":\"\(name)\",\"topic\":\"t/\(number)\",")
            add("\"bytes\":\(number % 400),\"address\":\"10.0.0.\(device)\"")
            if script.dice.oneIn(20) { add(",\"retain\":true,\"firmware\":\"4.1\"") }
            add("}")
        }
        out.append(0x0A)
    }

    mutating func appendLast(_ device: String, to out: inout [UInt8]) {
        let (_, _, time) = script.next()
        out.append(
            contentsOf: "{\"time\":\(time),\"kind\":\"publish\",\"device\":\"\(device)\",\"bytes\":5000000}\n".utf8)
    }

    private mutating func appendBad(to out: inout [UInt8]) {
        let number = script.number
        switch script.dice.below(8) {
        case 0: out.append(contentsOf: "not json \(number)\n".utf8)
        case 1: out.append(contentsOf: "{\"time\":\(number),\"kind\":\"publish\",\"device\":\"x\"}\n".utf8)
        case 2: out.append(contentsOf: "{\"time\":1,\"time\":2,\"kind\":\"publish\",\"n\":\(number)}\n".utf8)
        case 3: out.append(contentsOf: "{\"feed\":\"picket\",\"kind\":\"violation\",\"n\":\(number)}\n".utf8)
        case 4: out.append(contentsOf: Array("{\"device\":\"".utf8) + [0xFF, 0xFE, 0x0A])
        case 5: out.append(contentsOf: "{\"kind\":\"publish\",\"device\":\"cut \(number)\n".utf8)
        // Too long for a line, with and without anything in it; read piece by piece while it grows, whole after a start.
        case 6: out.append(contentsOf: [UInt8](repeating: 0x20, count: 65_537 + script.dice.below(200_000)) + [0x0A])
        default:
            let long = String(repeating: "x", count: 65_537 + script.dice.below(200_000))
            out.append(contentsOf: "{\"kind\":\"publish\",\"device\":\"\(long)\"}\n".utf8)
        }
    }
}
