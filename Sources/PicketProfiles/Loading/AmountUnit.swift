import PicketEvents

/// What an amount in a profile is measured in.
enum AmountUnit: Equatable {
    /// A number of events or things.
    case events
    /// Bytes, written with a unit of size.
    case size
    /// Seconds, written with a unit of time.
    case seconds
    /// A number with this many decimal places, kept as an integer.
    case decimal(places: Int)

    /// The unit of a metric's values.
    init(_ metric: Metric) {
        self =
            metric.decimals > 0
            ? .decimal(places: metric.decimals) : metric.isSize ? .size : metric.isDuration ? .seconds : .events
    }

    /// What is counted, for messages.
    var noun: String {
        switch self {
        case .events: "events"
        case .size: "bytes"
        case .seconds: "seconds"
        case .decimal(let places): "units of \(places) decimal places"
        }
    }

    /// What to write, for help.
    var help: String {
        switch self {
        case .events: "a whole number, such as `120`"
        case .size: "a size: `1024`, `200 KB`, `1.5 GB`, `64 KiB`"
        case .seconds: "a time: `90s`, `5m`, `1h`"
        case .decimal: "a number, such as `12.5`"
        }
    }

    /// The units that may follow the number.
    var units: [String] {
        switch self {
        case .size: Quantity.sizeUnits
        case .seconds: Quantity.durationUnits
        case .events, .decimal: []
        }
    }

    /// Which units there are, for help.
    var unitsHelp: String {
        switch self {
        case .size: "sizes take \(Quantity.sizeUnits.joined(separator: ", "))"
        case .seconds: "times take s, m, h and d"
        case .events, .decimal: "the number stands alone: what is counted is the metric's"
        }
    }
}
