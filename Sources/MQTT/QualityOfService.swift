/// How surely a message arrives (MQTT 5 §4.3).
package enum QualityOfService: UInt8, CaseIterable, Comparable, Sendable {
    case atMostOnce = 0
    case atLeastOnce = 1
    case exactlyOnce = 2

    package static func < (a: QualityOfService, b: QualityOfService) -> Bool { a.rawValue < b.rawValue }
}
