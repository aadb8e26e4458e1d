/// The rules of sliding windows (DESIGN §5): a duration D is looked at every S seconds.
package enum Window {
    /// A window that nobody set a slide for is looked at about this many times while it passes.
    private static let looksPerDuration = 30

    /// The largest whole-second divisor of `duration` that is not above a thirtieth of it, at least 1 s.
    ///
    /// - Parameter duration: in seconds, at least 1.
    package static func defaultSlide(duration: Int) -> Int {
        divisors(of: duration).last { $0 <= max(1, duration / looksPerDuration) } ?? 1
    }

    /// Whether a window of `duration` looked at every `slide` seconds has few enough panes.
    package static func fits(duration: Int, slide: Int) -> Bool {
        duration % slide == 0 && duration / slide <= ProfileLimits.panes
    }

    /// The nearest durations below and above `duration` that fit with their default slide, in seconds.
    package static func nearestDurations(to duration: Int) -> [Int] {
        func fits(_ candidate: Int) -> Bool {
            Window.fits(duration: candidate, slide: defaultSlide(duration: candidate))
        }
        // Every multiple of 30 fits, so neither search is longer than that.
        let below = stride(from: duration - 1, to: 0, by: -1).first(where: fits)
        let above = stride(from: duration + 1, through: ProfileLimits.durationSeconds, by: 1).first(where: fits)
        return [below, above].compactMap { $0 }
    }

    /// The divisors of `duration` nearest to `slide` that fit, below and above, in seconds.
    package static func nearestSlides(to slide: Int, duration: Int) -> [Int] {
        let fitting = divisors(of: duration).filter { fits(duration: duration, slide: $0) }
        return [fitting.last { $0 < slide }, fitting.first { $0 > slide }].compactMap { $0 }
    }

    private static func divisors(of number: Int) -> [Int] {
        var small: [Int] = []
        var large: [Int] = []
        var candidate = 1
        while candidate * candidate <= number {
            if number % candidate == 0 {
                small.append(candidate)
                if candidate * candidate != number { large.append(number / candidate) }
            }
            candidate += 1
        }
        return small + large.reversed()
    }
}
