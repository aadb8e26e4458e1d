import PicketEvents

/// One thing that happens in a simulated fleet, as a feed would tell it.
package struct SimulatedEvent: Sendable {
    /// What happens.
    package enum Action: Sendable {
        case connect(serial: String, keepaliveSeconds: Int64)
        case connectFailed(reason: String)
        case disconnect(reason: String)
        case publish(topic: String, bytes: Int64)
        case deliver(topic: String, bytes: Int64)
        case subscribe(topic: String)
        case denied(action: String, topic: String)
    }

    /// In Unix milliseconds.
    package var time: Int64
    package var device: String
    /// Where it is not the device's name.
    package var client: String?
    package var action: Action
    package var address: String

    /// Appends the event as a line of NDJSON, with its newline.
    package func append(to out: inout [UInt8]) {
        CanonicalJSON.append("{\"time\":\"", to: &out)
        Timestamp.append(time, to: &out)
        CanonicalJSON.append("\",\"kind\":\"", to: &out)
        CanonicalJSON.append(kind, to: &out)
        out.append(0x22)
        text(",\"device\":", device)
        if let client { text(",\"client\":", client) }
        switch action {
        case .connect(let serial, let keepalive):
            text(",\"certificate\":{\"serial\":", serial)
            text(",\"subject\":", "CN=\(device)")
            CanonicalJSON.append("},\"keepalive\":", to: &out)
            CanonicalJSON.append(keepalive, to: &out)
        case .connectFailed(let reason), .disconnect(let reason): text(",\"reason\":", reason)
        case .publish(let topic, let bytes), .deliver(let topic, let bytes):
            text(",\"topic\":", topic)
            CanonicalJSON.append(",\"bytes\":", to: &out)
            CanonicalJSON.append(bytes, to: &out)
        case .subscribe(let topic): text(",\"topic\":", topic)
        case .denied(let denied, let topic):
            text(",\"action\":", denied)
            text(",\"topic\":", topic)
        }
        text(",\"address\":", address)
        out.append(0x7D)
        out.append(0x0A)

        func text(_ key: StaticString, _ value: String) {
            CanonicalJSON.append(key, to: &out)
            CanonicalJSON.appendString(value, to: &out)
        }
    }

    private var kind: StaticString {
        switch action {
        case .connect: "connect"
        case .connectFailed: "connect-failed"
        case .disconnect: "disconnect"
        case .publish: "publish"
        case .deliver: "deliver"
        case .subscribe: "subscribe"
        case .denied: "denied"
        }
    }
}
