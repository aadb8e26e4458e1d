import PicketEvents

/// A Mosquitto log with everything on: clients that come, go, are thrown out by themselves and refused, and lines
/// without an event between. What a connect teaches (user, address, port of the listener) is needed by later lines, so
/// a start that forgets or invents a session shows.
struct KillMosquitto: KillLines {
    private var script: KillScript
    /// By device: whether its client is connected.
    private var isConnected = [Bool](repeating: false, count: KillScript.devices)
    private var port = 20_000

    init(seed: UInt64, linesPerSecond: Int) { script = KillScript(seed: seed, linesPerSecond: linesPerSecond) }

    mutating func append(to out: inout [UInt8]) {
        let (number, device, time) = script.next()
        let client = device % 7 == 0 ? "client \(device) (d0, q0)" : "client-\(device)"
        if script.mayReject(oneIn: 300) { line("what is this \(number)", time, &out) }
        guard isConnected[device] else { return connect(device, client, time, &out) }
        switch script.dice.below(300) {
        case 0..<3: leave(device, client, time, &out)
        case 3:
            line("Client \(client) already connected, closing old connection.", time, &out)
            connect(device, client, time, &out)
        case 4, 5: refuse(time, &out)
        case 6:
            line("Received SUBSCRIBE from \(client)", time, &out)
            line("\tcmd/\(number)/# (QoS 1)", time, &out)
            line("\(client) 1 cmd/\(number)/#", time, &out)
            line("Sending SUBACK to \(client)", time, &out)
        case 7: line("Denied PUBLISH from \(client) (d0, q0, r0, m0, 'secret/\(number)', ... (9 bytes))", time, &out)
        case 8: line("Received PINGREQ from \(client)", time, &out)
        case 9..<20:
            line(
                "Sending PUBLISH to \(client) (d0, q1, r0, m\(number % 999 + 1), 'cmd/\(number)', ... (7 bytes))", time,
                &out)
        case 20 where script.mayReject(oneIn: 8):
            line(String(repeating: "y", count: 65_537 + script.dice.below(150_000)), time, &out)
        default:
            line(
                "Received PUBLISH from \(client) (d0, q0, r0, m0, 'telemetry/\(number)', ... (\(number % 400) bytes))",
                time,
                &out)
        }
    }

    mutating func appendLast(_ device: String, to out: inout [UInt8]) {
        let (_, _, time) = script.next()
        line("Received PUBLISH from \(device) (d0, q0, r0, m0, 'the/end', ... (5000000 bytes))", time, &out)
    }

    private mutating func connect(_ device: Int, _ client: String, _ time: Int64, _ out: inout [UInt8]) {
        isConnected[device] = true
        port += 1
        let peer = "10.0.\(script.dice.below(3)).\(device):\(port)"
        // Every fifth is anonymous: its client id is its name.
        let user = device % 5 == 0 ? "" : ", u'gerät-\(device)'"
        line("New connection from \(peer) on port \(1_883 + device % 2).", time, &out)
        line("New client connected from \(peer) as \(client) (p2, c1, k60\(user)).", time, &out)
        line("No will message specified.", time, &out)
        line("Sending CONNACK to \(client) (0, 0)", time, &out)
    }

    private mutating func leave(_ device: Int, _ client: String, _ time: Int64, _ out: inout [UInt8]) {
        isConnected[device] = false
        switch script.dice.below(3) {
        case 0:
            line("Received DISCONNECT from \(client)", time, &out)
            line("Client \(client) disconnected.", time, &out)
        case 1: line("Client \(client) closed its connection.", time, &out)
        default: line("Client \(client) has exceeded timeout, disconnecting.", time, &out)
        }
    }

    /// 2.0 does not say who was refused: only the lines before have the address.
    private mutating func refuse(_ time: Int64, _ out: inout [UInt8]) {
        port += 1
        let address = "10.9.0.\(script.dice.below(4))"
        line("New connection from \(address):\(port) on port 1883.", time, &out)
        if script.dice.oneIn(2) { line("Sending CONNACK to \(address) (0, 5)", time, &out) }
        line("Client <unknown> disconnected, not authorised.", time, &out)
    }

    private func line(_ text: String, _ time: Int64, _ out: inout [UInt8]) {
        Timestamp.append(time / 1_000 * 1_000, to: &out)
        // From "…:32.000Z" to what `%S%z` writes.
        out.removeLast(5)
        out.append(contentsOf: "+0000: \(text)\n".utf8)
    }
}
