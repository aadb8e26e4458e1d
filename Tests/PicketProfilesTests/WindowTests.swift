import Testing

@testable import PicketProfiles

@Suite struct WindowTests {
    @Test(
        "the default slide is the largest divisor not above a thirtieth",
        arguments: [
            (300, 10), (60, 2), (3_600, 120), (604_800, 20_160), (10, 1), (1, 1), (45, 1), (90, 3), (100, 2),
            (86_400, 2_880),
            (7, 1), (119, 1), (3_607, 1), (31, 1),
        ])
    func defaultSlide(duration: Int, slide: Int) {
        #expect(Window.defaultSlide(duration: duration) == slide)
    }

    @Test("the nearest durations fit, and none nearer does")
    func nearest() {
        for duration in [127, 3_607, 604_799, 7_919, 121] {
            let fits = { (d: Int) in Window.fits(duration: d, slide: Window.defaultSlide(duration: d)) }
            let found = Window.nearestDurations(to: duration)
            #expect(found.allSatisfy(fits))
            #expect(!found.isEmpty)
            if let below = found.first, below < duration {
                #expect(!(below + 1..<duration).contains(where: fits))
            }
        }
    }

    @Test("limits are violated as their words say")
    func limits() {
        #expect(!Limit(.above, 120).isViolated(by: 120) && Limit(.above, 120).isViolated(by: 121))
        #expect(!Limit(.atLeast, 120).isViolated(by: 119) && Limit(.atLeast, 120).isViolated(by: 120))
        #expect(!Limit(.below, 5).isViolated(by: 5) && Limit(.below, 5).isViolated(by: 4))
        #expect(!Limit(.atMost, 5).isViolated(by: 6) && Limit(.atMost, 5).isViolated(by: 5))
    }
}
