package import Foundation
import SwiftASN1

/// What a broker's revocation list says of itself, whoever signed it (RFC 5280 §5.1).
package struct InstalledList: Equatable, Sendable {
    package var thisUpdate: Date
    /// From then on a broker refuses everybody; nil where the list does not say.
    package var nextUpdate: Date?

    /// Reads a list in PEM; nil for anything else, which brokers cannot read either.
    package init?(pem: String) {
        guard let document = try? PEMDocument(pemString: pem), document.discriminator == "X509 CRL",
            let root = try? DER.parse(document.derBytes), let dates = try? InstalledList.dates(root),
            let first = dates.first
        else { return nil }
        thisUpdate = first
        nextUpdate = dates.dropFirst().first
    }

    /// The dates of the signed part, in their order: version, algorithm and issuer stand before them, all of them no dates.
    private static func dates(_ root: ASN1Node) throws -> [Date] {
        guard case .constructed(let parts) = root.content, let signed = parts.first(where: { _ in true }),
            case .constructed(let fields) = signed.content
        else { return [] }
        return fields.compactMap(date)
    }

    /// The time in a field; nil where it is none.
    static func date(_ field: ASN1Node) -> Date? {
        switch field.identifier {
        case .utcTime:
            (try? UTCTime(derEncoded: field)).flatMap {
                date($0.year, $0.month, $0.day, $0.hours, $0.minutes, $0.seconds)
            }
        case .generalizedTime:
            (try? GeneralizedTime(derEncoded: field)).flatMap {
                date($0.year, $0.month, $0.day, $0.hours, $0.minutes, $0.seconds)
            }
        default: nil
        }
    }

    private static func date(_ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int, _ second: Int) -> Date?
    {
        var calendar = Calendar(identifier: .gregorian)
        guard let zone = TimeZone(secondsFromGMT: 0) else { return nil }
        calendar.timeZone = zone
        return calendar.date(
            from: DateComponents(year: year, month: month, day: day, hour: hour, minute: minute, second: second))
    }
}
