import PicketEvents
import PicketProfiles

/// The network of each address that was seen, as the number of a subject.
struct NetworkMemory: Sendable {
    private var addresses = Interner()
    /// By address: the subject.
    private var subjects: [Int32] = []

    /// The subject of the address in `range`, which is the network that `prefix` makes of it.
    mutating func subject(
        _ text: RawSpan, _ range: Range<Int>, _ prefix: AddressPrefix, in table: inout SubjectTable
    ) -> Int {
        if addresses.count > Limits.rememberedValues { removeAll() }
        let address = addresses.intern(text, range)
        if address < subjects.count { return Int(subjects[address]) }
        let network = Array(prefix.network(of: addresses.string(address)).utf8)
        let subject = table.number(network.span.bytes, 0..<network.count)
        subjects.append(Int32(truncatingIfNeeded: subject))
        return subject
    }

    /// Subjects have other numbers now.
    mutating func removeAll() {
        addresses.removeAll()
        subjects.removeAll()
    }
}
