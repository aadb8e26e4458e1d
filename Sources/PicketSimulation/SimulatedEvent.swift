import PicketEvents

/// One thing that happens in a simulated fleet, as a feed would tell it.
package struct SimulatedEvent: Sendable {
    /// What happens.
    package enum Action: Sendable {
        case connect(serial: String, keepaliveSeconds: Int64, firmware: String? = nil)
        case connectFailed(reason: String)
        case disconnect(reason: String)
        case publish(topic: String, bytes: Int64)
        case deliver(topic: String, bytes: Int64)
        case subscribe(topic: String)
        case denied(action: String, topic: String)
        /// What a device says of itself: whom it talks to, and where it listens.
        case report(number: Int64, destinations: [String], ports: [Int64])
        /// A device says that it failed.
        case alert(type: String)
        /// A person does something; the event's device is the person.
        case user(action: String)
        /// Bytes that are no event.
        case garbage
    }

    /// In Unix milliseconds.
    package var time: Int64
    package var device: String
    /// Where it is not the device's name.
    package var client: String?
    package var action: Action
    package var address: String
    /// How much older it says that it is when it comes, in milliseconds.
    package var lateMilliseconds: Int64 = 0

    /// Appends the event as a line of NDJSON, with its newline.
    package func append(to out: inout [UInt8]) {
        if case .garbage = action {
            CanonicalJSON.append("{\"kind\":\"publish\",\"device\":\"", to: &out)
            out.append(0x0A)
            return
        }
        CanonicalJSON.append("{\"time\":\"", to: &out)
        Timestamp.append(time, to: &out)
        CanonicalJSON.append("\",\"kind\":\"", to: &out)
        CanonicalJSON.append(kind, to: &out)
        out.append(0x22)
        if case .user = action { text(",\"user\":", device) } else { text(",\"device\":", device) }
        if let client { text(",\"client\":", client) }
        switch action {
        case .connect(let serial, let keepalive, let firmware):
            text(",\"certificate\":{\"serial\":", serial)
            text(",\"subject\":", "CN=\(device)")
            CanonicalJSON.append("},\"keepalive\":", to: &out)
            CanonicalJSON.append(keepalive, to: &out)
            if let firmware { text(",\"firmware\":", firmware) }
        case .connectFailed(let reason), .disconnect(let reason): text(",\"reason\":", reason)
        case .publish(let topic, let bytes), .deliver(let topic, let bytes):
            text(",\"topic\":", topic)
            CanonicalJSON.append(",\"bytes\":", to: &out)
            CanonicalJSON.append(bytes, to: &out)
        case .subscribe(let topic): text(",\"topic\":", topic)
        case .denied(let denied, let topic):
            text(",\"action\":", denied)
            text(",\"topic\":", topic)
        case .report(let number, let destinations, let ports):
            text(",\"reportId\":", "\(number)")
            CanonicalJSON.append(",\"metrics\":{\"destination-ip-addresses\":[", to: &out)
            for (place, destination) in destinations.enumerated() { text(place == 0 ? "" : ",", destination) }
            CanonicalJSON.append("],\"listening-tcp-ports\":[", to: &out)
            for (place, port) in ports.enumerated() {
                if place > 0 { out.append(0x2C) }
                CanonicalJSON.append(port, to: &out)
            }
            CanonicalJSON.append("]}", to: &out)
        case .alert(let type): text(",\"alertType\":", type)
        case .user(let act): text(",\"action\":", act)
        case .garbage: break
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
        case .report: "report"
        case .alert: "alert"
        case .user: "user"
        case .garbage: "rejected"
        }
    }
}
