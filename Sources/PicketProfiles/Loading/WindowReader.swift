/// Reads how often a duration is looked at, and checks that both fit (DESIGN §5, window).
struct WindowReader {
    private let collector: DiagnosticCollector

    init(_ collector: DiagnosticCollector) {
        self.collector = collector
    }

    /// The slide in seconds.
    ///
    /// - Parameters:
    ///   - every: the entry that states it, if there is one.
    ///   - duration: in seconds.
    ///   - place: where to point when there is no such entry.
    func read(every: YAMLNode.Entry?, duration: Int, at place: Place) -> Int? {
        guard let every else {
            let slide = Window.defaultSlide(duration: duration)
            guard Window.fits(duration: duration, slide: slide) else {
                let nearest = Window.nearestDurations(to: duration).map { Quantity.duration($0) }
                collector.report(
                    .window, at: place,
                    "\(Quantity.duration(duration)) cannot be divided into at most \(ProfileLimits.panes) equal parts",
                    help: "the nearest durations that can are \(nearest.joined(separator: " and "))")
                return nil
            }
            return slide
        }
        guard let (text, place) = MappingReader.text(of: every, collector) else { return nil }
        let slide: Int
        do throws(AlarmWords.Failure) {
            slide = try AlarmWords.parseDuration(text)
        } catch {
            collector.report(error, in: text, at: place)
            return nil
        }
        guard Window.fits(duration: duration, slide: slide) else {
            let nearest = Window.nearestSlides(to: slide, duration: duration).map { Quantity.duration($0) }
            collector.report(
                .window, at: place,
                duration % slide == 0
                    ? "\(Quantity.duration(duration)) has more than \(ProfileLimits.panes) times \(text)"
                    : "\(text) does not divide \(Quantity.duration(duration))",
                help: "the nearest that fits is \(nearest.joined(separator: " or "))")
            return nil
        }
        return slide
    }
}
