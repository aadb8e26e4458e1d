/// Parts of the language that this version cannot evaluate. Each is refused by name: a behavior that is only half
/// evaluated would be silent where it should alarm.
enum LaterFeatures {
    private static func sentence(_ what: String) -> String { "\(what), which this version cannot evaluate" }

    /// Keys of a profile.
    static let ofProfile = [
        "exceptions": sentence("`exceptions` excuses devices"),
        "dimensions": sentence("`dimensions` defines topic filters of AWS"),
    ]

    /// Keys of a behavior.
    static let ofBehavior = [
        "firstSeen": sentence("`firstSeen` learns what is usual"),
        "peers": sentence("`peers` compares devices with each other"),
        "without": sentence("`without` joins events"),
        "after": sentence("`after` joins events"),
        "hours": sentence("`hours` depends on the time of day"),
        "metricDimension": sentence("`metricDimension` names an AWS dimension"),
        "minimumSubjects": sentence("`minimumSubjects` belongs to percentiles"),
    ]

    /// Keys of AWS's criteria.
    static let ofCriteria = [
        "statisticalThreshold": sentence("`statisticalThreshold` compares devices with each other"),
        "mlDetectionConfig": sentence("`mlDetectionConfig` is AWS's machine learning"),
    ]

    /// Keys of an alarm that is a mapping.
    static let ofAlarm = [
        "outside": sentence("`outside` compares with a set"),
        "inside": sentence("`inside` compares with a set"),
        "percentile": sentence("`percentile` compares devices with each other"),
    ]

    /// Operators of AWS's criteria that compare with sets.
    static let setOperators = [
        "in-cidr-set", "not-in-cidr-set", "in-port-set", "not-in-port-set", "in-set", "not-in-set",
    ]

    /// Metrics that need state or feeds which this version does not have.
    static let metrics = [
        "source-ip-address", "disconnect-duration", "silence", "all-bytes-out", "all-bytes-in", "all-packets-out",
        "all-packets-in", "num-listening-tcp-ports", "num-listening-udp-ports", "num-established-tcp-connections",
        "listening-tcp-ports", "listening-udp-ports", "destination-ip-addresses",
        "distinct-topics", "distinct-addresses", "distinct-clients", "devices-per-address", "devices-per-certificate",
        "readers-per-topic", "takeovers", "keepalive-timeouts", "protocol-errors", "denied", "connects-without-traffic",
        "topic", "certificate", "client-id", "firmware", "late-events", "clock-skew", "rejected",
    ]

    /// Kinds of subjects.
    static let subjects = ["certificate", "feed"]
}
