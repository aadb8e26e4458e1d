import PicketEvents

/// The ways a line may give a reason (DESIGN §4): compared in lower case, `_` as `-` and `-ise` as `-ize`.
enum ReasonSpelling {
    /// The reason of a `disconnect` or a `connect-failed`: a listed one stands; any other or none is not-authorized for
    /// what the feed calls an authentication failure, and unknown else.
    static func read(
        _ text: RawSpan, _ value: LineParser.Value?, kind: EventKind, isAuthFailure: Bool
    ) -> Reason {
        let other: Reason = isAuthFailure ? .notAuthorized : .unknown
        guard let value, value.form == .string, value.end - value.start <= 64 else { return other }
        let bytes = JSONScanner.decoded(text, value.range, escaped: value.escaped)
        let listed = kind == .disconnect ? disconnect : connectFailed
        return listed[normalized(bytes)] ?? other
    }

    private static let disconnect = table(Reason.disconnectReasons)
    private static let connectFailed = table(Reason.connectFailedReasons)

    private static func table(_ reasons: [Reason]) -> [[UInt8]: Reason] {
        Dictionary(uniqueKeysWithValues: reasons.map { (Array("\($0.name)".utf8), $0) })
    }

    private static func normalized(_ bytes: [UInt8]) -> [UInt8] {
        var out = bytes.map { byte -> UInt8 in
            switch byte {
            case 0x41...0x5A: byte + 0x20
            case 0x5F: 0x2D
            default: byte
            }
        }
        // "authorised" and "authorise" as their -ize forms.
        for index in out.indices.dropLast(2)
        where out[index] == 0x69 && out[index + 1] == 0x73 && out[index + 2] == 0x65 {
            out[index + 1] = 0x7A
        }
        return out
    }
}
