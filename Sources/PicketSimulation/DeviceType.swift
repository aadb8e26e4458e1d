/// What a kind of device does all day.
package struct DeviceType: Sendable, Equatable {
    package var name: String
    /// How many of each hundred devices are of it, where nobody says.
    package var share = 0
    /// Milliseconds between two messages.
    package var everyMilliseconds: Int64
    package var bytes: Int64
    /// How far the pause and the size stray, in per cent.
    package var jitterPercent: Int64 = 20
    package var keepaliveSeconds: Int64 = 60
    /// `{device}` stands for the device's name.
    package var topic: String
    /// What happens around it beside its messages.
    package var habits: [DeviceHabit] = []

    /// The kinds that the ready-made profiles are about: names and topics are theirs.
    package static let known = [
        DeviceType(
            name: "sensor", share: 70, everyMilliseconds: 10_000, bytes: 80, topic: "telemetry/{device}/reading"),
        DeviceType(
            name: "camera", share: 10, everyMilliseconds: 60_000, bytes: 40_000, topic: "camera/{device}/picture",
            habits: [.isWatched, .reports]),
        DeviceType(
            name: "lock", share: 10, everyMilliseconds: 300_000, bytes: 24, jitterPercent: 50,
            topic: "lock/{device}/state", habits: [.isUnlocked]),
        DeviceType(
            name: "gateway", share: 10, everyMilliseconds: 5_000, bytes: 200, keepaliveSeconds: 30,
            topic: "site/{device}"),
    ]

    /// The topic of `device`.
    func topic(of device: String) -> String {
        guard let range = topic.firstRange(of: "{device}") else { return topic }
        return topic.replacingCharacters(range, with: device)
    }
}

extension String {
    fileprivate func replacingCharacters(_ range: Range<String.Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
