package import PicketLog

/// Where the tables made from a log are kept.
package struct StatePlace {
    /// The file; nil when the tables are made in memory each time.
    package let file: String?

    /// The data folder of `picket run` holds `log/`, and `state.db` beside it. A log that lies elsewhere, such as an
    /// auditor's copy, gets no file that nobody asked for.
    package init(_ place: LogPlace) {
        file = place.folder.hasSuffix("/log") ? place.parent + "/state.db" : nil
    }
}
