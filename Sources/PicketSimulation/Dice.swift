/// Random numbers from a seed: the same on every machine and in every version of the standard library, so that the same
/// seed gives the same bytes. (SplitMix64, Steele, Lea and Flood, OOPSLA 2014: one addition and two multiplications.)
struct Dice: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// Dice of its own for part `index`: what one device does must not change what another one does.
    init(seed: UInt64, index: Int) {
        var first = Dice(seed: seed)
        state = first.next() &+ UInt64(truncatingIfNeeded: index) &* 0xD1B5_4A32_D192_ED03
        _ = next()
    }

    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number from 0 up to and without `bound`. The high half of the product is even enough for traffic.
    mutating func below(_ bound: Int64) -> Int64 {
        guard bound > 1 else { return 0 }
        return Int64(truncatingIfNeeded: UInt64(bound).multipliedFullWidth(by: next()).high)
    }

    /// `middle`, up to `percent` per cent less or more.
    mutating func around(_ middle: Int64, percent: Int64) -> Int64 {
        let most = middle * percent / 100
        return middle - most + below(2 * most + 1)
    }
}
