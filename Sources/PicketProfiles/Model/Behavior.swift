package import PicketEvents

/// One condition on one metric: what a subject is expected to do, and when it is an alarm that it does not.
package struct Behavior: Hashable, Sendable {
    package let name: String
    package let metric: Metric
    /// Whom it is evaluated for.
    package let subject: SubjectKind
    /// Of behaviors about addresses: how much of an address makes one subject; nil for all of it.
    package let prefix: AddressPrefix?
    /// Which of the metric's events count; nil when all do.
    package let filter: Filter?
    /// What makes a datapoint a violation.
    package let condition: Condition
    /// Events count only while, or soon after, another behavior is violated; nil when they always do.
    package let after: Predecessor?
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
        name: String, metric: Metric, subject: SubjectKind = .device, prefix: AddressPrefix? = nil,
        filter: Filter? = nil, condition: Condition, after: Predecessor? = nil, duration: Int? = nil,
        slide: Int? = nil, datapointsToAlarm: Int = 1, datapointsToClear: Int = 1, severity: Severity = .standard,
        playbook: String? = nil, suppressed: Bool = false
    ) {
        self.name = name
        self.metric = metric
        self.subject = subject
        self.prefix = prefix
        self.filter = filter
        self.condition = condition
        self.after = after
        self.duration = duration
        self.slide = duration.map { slide ?? Window.defaultSlide(duration: $0) }
        self.datapointsToAlarm = datapointsToAlarm
        self.datapointsToClear = datapointsToClear
        self.severity = severity
        self.playbook = playbook
        self.suppressed = suppressed
    }

    /// A behavior with a plain limit.
    package init(
        name: String, metric: Metric, subject: SubjectKind = .device, filter: Filter? = nil, limit: Limit,
        duration: Int? = nil, slide: Int? = nil, datapointsToAlarm: Int = 1, datapointsToClear: Int = 1,
        severity: Severity = .standard, playbook: String? = nil, suppressed: Bool = false
    ) {
        self.init(
            name: name, metric: metric, subject: subject, filter: filter, condition: .limit(limit), duration: duration,
            slide: slide, datapointsToAlarm: datapointsToAlarm, datapointsToClear: datapointsToClear,
            severity: severity, playbook: playbook, suppressed: suppressed)
    }

    /// The bound of a plain limit; nil for every other condition.
    package var limit: Limit? { condition.limit }
}
