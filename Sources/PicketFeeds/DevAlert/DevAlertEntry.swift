import PicketEvents

/// The envelope of each message (DFM 2.1, `dfmEntry.c`): markers, sizes, who and which alert, and data.
struct DevAlertEntry {
    enum Kind: UInt16 {
        case alert = 0x1512
        case payloadHeader = 0x4618
        case payload = 0x8371
    }

    let kind: Kind
    /// The number of the trace within the alert.
    let id: UInt16
    /// The number of this piece, from 1, and how many there are.
    let chunk: UInt16
    let chunks: UInt16
    let alert: UInt32
    let session: String
    let deviceName: String
    let data: [UInt8]

    /// Version 1 is the only one there is.
    private static let version: UInt16 = 1

    init(_ bytes: [UInt8]) throws(RecordProblem) {
        var reader = DevAlertBytes(bytes)
        try reader.expect([0xD1, 0xD2, 0xD3, 0xD4])
        try reader.readEndianness()
        let version = try reader.number16()
        guard version <= DevAlertEntry.version else { throw .notAnAlert("version \(version) is not known") }
        guard let kind = Kind(rawValue: try reader.number16()) else { throw .notAnAlert("the type is not known") }
        self.kind = kind
        id = try reader.number16()
        chunk = try reader.number16()
        chunks = try reader.number16()
        guard chunk > 0, chunk <= chunks else { throw .notAnAlert("piece \(chunk) of \(chunks)") }
        alert = try reader.number32()
        let sizes = (try reader.number16(), try reader.number16(), try reader.number16())
        _ = try reader.number16()
        let dataSize = try reader.number32()
        session = try reader.text(Int(sizes.0))
        deviceName = try reader.text(Int(sizes.1))
        // Free text of a device.
        _ = try reader.bytes(Int(sizes.2))
        data = try reader.bytes(Int(dataSize))
        try reader.expect([0xD4, 0xD3, 0xD2, 0xD1])
        try reader.finish()
    }
}

/// The alert itself (`dfmAlert.h`).
struct DevAlertHeader {
    let product: UInt32
    let type: UInt32
    let firmware: String
    let symptoms: [(id: UInt32, value: UInt32)]

    init(_ bytes: [UInt8]) throws(RecordProblem) {
        var reader = DevAlertBytes(bytes)
        try reader.expect(Array("PDfm".utf8))
        try reader.readEndianness()
        _ = try reader.number8()
        let firmwareSize = Int(try reader.number8())
        let room = Int(try reader.number8())
        let count = Int(try reader.number8())
        let descriptionSize = Int(try reader.number8())
        _ = try reader.number8()
        guard count <= room else { throw .notAnAlert("more symptoms than there is room for") }
        product = try reader.number32()
        type = try reader.number32()
        var symptoms: [(id: UInt32, value: UInt32)] = []
        for _ in 0..<room { symptoms.append((try reader.number32(), try reader.number32())) }
        self.symptoms = Array(symptoms.prefix(count))
        firmware = try reader.text(firmwareSize)
        _ = try reader.bytes(descriptionSize)
        try reader.expect(Array("mfDP".utf8))
        try reader.expectNoChecksum()
        try reader.finish()
    }

    /// The name of a type that DFM defines, else its number.
    var typeName: String {
        let names = [
            "assert-failed", "malloc-failed", "hard-fault", "manual-trace", "overload", "bad-message", "heartbeat",
            "stack-check-failed",
        ]
        return type >= 1 && Int(type) <= names.count ? names[Int(type) - 1] : String(type)
    }

    /// Numbers by the names of the symptoms; some of them are checksums of names on the device.
    var symptomsJSON: JSONValue {
        let names = [
            "current-task", "file", "function", "line", "program-counter", "stack-pointer", "fault-status",
            "fault-reason",
        ]
        var members: [(name: String, value: JSONValue)] = []
        for symptom in symptoms {
            let isNamed = symptom.id >= 1 && Int(symptom.id) <= names.count
            let name = isNamed ? names[Int(symptom.id) - 1] : String(symptom.id)
            if !members.contains(where: { $0.name == name }) { members.append((name, .integer(Int64(symptom.value)))) }
        }
        return .object(JSONObject(members))
    }
}

/// What announces a trace (`dfmEntry.c`): its name and size.
struct DevAlertTraceHeader {
    let name: String
    let bytes: Int64

    init(_ data: [UInt8]) throws(RecordProblem) {
        var reader = DevAlertBytes(data)
        try reader.expect(Array("PDaP".utf8))
        try reader.readEndianness()
        _ = try reader.number8()
        let nameSize = Int(try reader.number8())
        bytes = Int64(try reader.number32())
        name = try reader.text(nameSize)
        try reader.expect(Array("PaDP".utf8))
        try reader.expectNoChecksum()
        try reader.finish()
    }
}

extension RecordProblem {
    /// A message that is not what DFM writes.
    static func notAnAlert(_ detail: String) -> RecordProblem { RecordProblem(.badAlert, detail: detail) }
}
