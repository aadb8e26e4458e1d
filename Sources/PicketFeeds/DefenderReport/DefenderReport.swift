import PicketEvents

/// A Device Defender metrics report, checked (AWS IoT developer guide, "Device-side metrics"; AWS's agent 2.0.0 as it
/// runs).
///
/// Names are long or short, mixed at every level: the agent's "short" reports keep long `port` and `interface` inside
/// their short lists. What the specification does not know is named in ``unknown`` and otherwise ignored.
struct DefenderReport {
    /// What must rise with every report of a thing.
    private(set) var id: Int64
    /// By Device Defender's cloud name without `aws:`; custom metrics by their own name.
    private(set) var metrics: [(name: String, value: JSONValue)] = []
    private(set) var unknown: [String] = []
    /// Lists that hold fewer items than their `total`: the agent sends a sample of at most fifty.
    private(set) var sampled: [String] = []
    /// The four counts of bytes and packets, where they are all there.
    private(set) var traffic: [Int64]?

    /// The most metrics of one report. Device Defender has ten and allows a hundred custom ones.
    static let mostMetrics = 128
    /// The most items of one list. AWS's agent sends fifty at most.
    static let mostItems = 1_024

    init(_ report: JSONObject) throws(RecordProblem) {
        guard let header = report[["header", "hed"]]?.object else { throw .malformed("header is missing") }
        guard let id = header[["report_id", "rid"]]?.integer, id >= 0 else {
            throw .malformed("header.report_id is not a number of 0 or more")
        }
        guard let version = header[["version", "v"]]?.text, DefenderReport.isVersion(version) else {
            throw .malformed("header.version is not Major.Minor")
        }
        self.id = id
        let standard = try DefenderReport.block(report, ["metrics", "met"])
        let custom = try DefenderReport.block(report, ["custom_metrics", "cmet"])
        guard standard != nil || custom != nil else { throw .malformed("there are no metrics") }
        note(report.names, known: ["header", "hed", "metrics", "met", "custom_metrics", "cmet"])
        if let standard { try read(standard) }
        if let custom { try readCustom(custom) }
        guard metrics.count <= DefenderReport.mostMetrics else { throw RecordProblem(.tooManyKeys) }
    }

    /// The metrics as one object, in the order of their names.
    var json: JSONValue { .object(JSONObject(metrics)) }

    private static func isVersion(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty && $0.count <= 8 && $0.allSatisfy(\.isASCIIDigit) }
    }

    /// An optional member that must be an object.
    private static func block(_ object: JSONObject, _ names: [String]) throws(RecordProblem) -> JSONObject? {
        guard let value = object[names] else { return nil }
        guard let block = value.object else { throw .malformed("\(names[0]) is not an object") }
        return block
    }

    // MARK: Device Defender's own metrics

    private mutating func read(_ block: JSONObject) throws(RecordProblem) {
        note(
            block.names,
            known: [
                "tcp_connections", "tc", "listening_tcp_ports", "tp", "listening_udp_ports", "up", "network_stats",
                "ns",
            ])
        if let stats = try DefenderReport.block(block, ["network_stats", "ns"]) { try readTraffic(stats) }
        if let connections = try DefenderReport.block(block, ["tcp_connections", "tc"]) {
            note(connections.names, known: ["established_connections", "ec"])
            if let established = try DefenderReport.block(connections, ["established_connections", "ec"]) {
                try readConnections(established)
            }
        }
        for (names, protocolName) in [(["listening_tcp_ports", "tp"], "tcp"), (["listening_udp_ports", "up"], "udp")] {
            if let ports = try DefenderReport.block(block, names) { try readPorts(ports, protocolName) }
        }
    }

    private mutating func readTraffic(_ stats: JSONObject) throws(RecordProblem) {
        note(
            stats.names,
            known: ["bytes_in", "bi", "bytes_out", "bo", "packets_in", "pi", "packets_out", "po"])
        var values: [Int64] = []
        for (names, metric) in [
            (["bytes_in", "bi"], "all-bytes-in"), (["bytes_out", "bo"], "all-bytes-out"),
            (["packets_in", "pi"], "all-packets-in"), (["packets_out", "po"], "all-packets-out"),
        ] {
            guard let value = try DefenderReport.count(stats, names) else { continue }
            metrics.append((metric, .integer(value)))
            values.append(value)
        }
        if values.count == 4 { traffic = values }
    }

    private mutating func readConnections(_ block: JSONObject) throws(RecordProblem) {
        note(block.names, known: ["connections", "cs", "total", "t"])
        var addresses: [String] = []
        let items = try DefenderReport.list(block, ["connections", "cs"])
        for item in items ?? [] {
            guard let connection = item.object, let remote = connection[["remote_addr", "rad"]]?.text,
                let address = DefenderReport.address(remote)
            else { throw .malformed("a connection has no remote_addr of the form address:port") }
            if let port = connection[["local_port", "lp"]] {
                guard let port = port.integer, (0...65_535).contains(port) else {
                    throw .malformed("local_port is not a port")
                }
            }
            if !addresses.contains(address) { addresses.append(address) }
            note(
                connection.names, known: ["remote_addr", "rad", "local_port", "lp", "local_interface", "li"])
        }
        try add(
            total: try DefenderReport.count(block, ["total", "t"]), items: items?.count,
            "num-established-tcp-connections", list: "destination-ip-addresses", addresses.map { .string($0) })
    }

    private mutating func readPorts(_ block: JSONObject, _ name: String) throws(RecordProblem) {
        note(block.names, known: ["ports", "pts", "total", "t"])
        var ports: [Int64] = []
        let items = try DefenderReport.list(block, ["ports", "pts"])
        for item in items ?? [] {
            guard let entry = item.object, let port = entry[["port", "pt"]]?.integer, (1...65_535).contains(port) else {
                throw .malformed("a listening port is not a number from 1 to 65535")
            }
            if !ports.contains(port) { ports.append(port) }
            note(entry.names, known: ["port", "pt", "interface", "if"])
        }
        try add(
            total: try DefenderReport.count(block, ["total", "t"]), items: items?.count,
            "num-listening-\(name)-ports", list: "listening-\(name)-ports", ports.map { .integer($0) })
    }

    /// Adds a count and the list that it counts. The count is `total`, as the list may be a sample of it.
    private mutating func add(
        total: Int64?, items: Int?, _ count: String, list: String, _ values: [JSONValue]
    ) throws(RecordProblem) {
        if let total {
            let items = Int64(items ?? 0)
            guard total >= items else { throw .malformed("total is smaller than its list") }
            if total > items { sampled.append(list) }
        }
        if let number = total ?? items.map(Int64.init) { metrics.append((count, .integer(number))) }
        if items != nil { metrics.append((list, .array(values))) }
    }

    /// The address of `address:port`, split at the last colon: the agent writes IPv6 without brackets.
    static func address(_ remote: String) -> String? {
        guard let colon = remote.lastIndex(of: ":"), let port = UInt16(remote[remote.index(after: colon)...]), port > 0
        else {
            return nil
        }
        var address = remote[..<colon]
        if address.hasPrefix("["), address.hasSuffix("]") { address = address.dropFirst().dropLast() }
        let isAddress =
            !address.isEmpty && address.utf8.count <= 45
            && address.allSatisfy { $0.isHexDigit || $0 == "." || $0 == ":" }
        return isAddress ? address.lowercased() : nil
    }

    // MARK: Custom metrics

    private mutating func readCustom(_ block: JSONObject) throws(RecordProblem) {
        for (name, value) in block.members {
            // AWS: "Custom metric values are lists of one value."
            guard let list = value.array, list.count == 1, let entry = list[0].object, entry.members.count == 1 else {
                throw .malformed("a custom metric is not a list of one object")
            }
            guard DefenderReport.isName(name), !DefenderReport.listed.contains(name), !name.hasPrefix("aws:") else {
                unknown.append(name)
                continue
            }
            let (type, content) = entry.members[0]
            metrics.append((name, try DefenderReport.custom(type, content)))
        }
    }

    private static func custom(_ type: String, _ content: JSONValue) throws(RecordProblem) -> JSONValue {
        func isNumber(_ value: JSONValue) -> Bool {
            switch value {
            case .integer, .decimal: true
            default: false
            }
        }
        switch (type, content) {
        case ("number", .integer), ("number", .decimal): return content
        case ("number_list", .array(let values)) where values.count <= mostItems && values.allSatisfy(isNumber):
            return content
        case ("string_list", .array(let values)), ("ip_list", .array(let values)):
            guard values.count <= mostItems, values.allSatisfy({ $0.text != nil }) else { break }
            return content
        default: break
        }
        throw .malformed("a custom metric has no number, number_list, string_list or ip_list")
    }

    /// The names of Device Defender's own metrics, which a custom one cannot have.
    static let listed: Set<String> = [
        "all-bytes-in", "all-bytes-out", "all-packets-in", "all-packets-out", "num-established-tcp-connections",
        "destination-ip-addresses", "num-listening-tcp-ports", "listening-tcp-ports", "num-listening-udp-ports",
        "listening-udp-ports", "num-messages-sent", "num-messages-received", "message-byte-size", "bytes-sent",
        "bytes-received", "num-authorization-failures", "num-connection-attempts", "num-disconnects",
        "source-ip-address", "disconnect-duration", "silence", "count",
    ]

    /// AWS's pattern for the name of a custom metric: `[a-zA-Z0-9:_-]{1,128}`.
    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 128
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x3A, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
                default: false
                }
            }
    }

    // MARK: Pieces

    private static func count(_ object: JSONObject, _ names: [String]) throws(RecordProblem) -> Int64? {
        guard let value = object[names] else { return nil }
        guard let number = value.integer, number >= 0 else {
            throw .malformed("\(names[0]) is not a number of 0 or more")
        }
        return number
    }

    private static func list(_ object: JSONObject, _ names: [String]) throws(RecordProblem) -> [JSONValue]? {
        guard let value = object[names] else { return nil }
        guard let list = value.array else { throw .malformed("\(names[0]) is not a list") }
        guard list.count <= mostItems else { throw .malformed("\(names[0]) has more than \(mostItems) items") }
        return list
    }

    private mutating func note(_ names: [String], known: Set<String>) {
        for name in names where !known.contains(name) && !unknown.contains(name) { unknown.append(name) }
    }
}

extension RecordProblem {
    /// What AWS answers with `InvalidPayload`.
    static func malformed(_ detail: String) -> RecordProblem { RecordProblem(.badReport, detail: detail) }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
