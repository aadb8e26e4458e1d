package import PicketEvents

/// One limit on one metric: what a subject is expected to do, and when it is an alarm that it does not.
package struct Behavior: Hashable, Sendable {
    package let name: String
    package let metric: Metric
    /// Whom it is evaluated for.
    package let subject: SubjectKind
    /// Which of the metric's events count; nil when all do.
    package let filter: Filter?
    package let limit: Limit
    /// The length of the window in seconds; nil when each event is judged alone.
    package let duration: Int?
    /// The seconds between two boundaries; nil exactly when there is no duration.
    package let slide: Int?
    /// Violating datapoints in a row that open a violation; without a duration they are events.
    package let datapointsToAlarm: Int
    /// Conforming datapoints in a row that clear it.
    package let datapointsToClear: Int
    package let severity: Severity
    /// The name of the playbook to follow.
    package let playbook: String?
    /// Violations are recorded, and not acted on (AWS: `suppressAlerts`).
    package let suppressed: Bool

    /// A behavior whose parts were checked.
    ///
    /// - Parameters:
    ///   - duration: in seconds; nil when each event is judged alone.
    ///   - slide: a divisor of `duration`; nil for the default one.
    package init(
        name: String, metric: Metric, subject: SubjectKind = .device, filter: Filter? = nil, limit: Limit,
        duration: Int? = nil, slide: Int? = nil, datapointsToAlarm: Int = 1, datapointsToClear: Int = 1,
        severity: Severity = .standard, playbook: String? = nil, suppressed: Bool = false
    ) {
        self.name = name
        self.metric = metric
        self.subject = subject
        self.filter = filter
        self.limit = limit
        self.duration = duration
        self.slide = duration.map { slide ?? Window.defaultSlide(duration: $0) }
        self.datapointsToAlarm = datapointsToAlarm
        self.datapointsToClear = datapointsToClear
        self.severity = severity
        self.playbook = playbook
        self.suppressed = suppressed
    }
}
