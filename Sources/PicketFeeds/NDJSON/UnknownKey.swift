import PicketEvents

/// What is kept of the name of a key that Picket does not know.
enum UnknownKey {
    /// The name, or `?` when it is long or strange enough to be something else than a name, or looks like a secret.
    static func kept(_ name: [UInt8]) -> [UInt8] {
        let plain = name.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x3A, 0x40, 0x5F: true
            default: false
            }
        }
        guard plain, !name.isEmpty, name.count <= Limits.unknownKeyBytes,
            !SecretSearch.finds(name.span.bytes, 0..<name.count)
        else { return [0x3F] }
        return name
    }
}
