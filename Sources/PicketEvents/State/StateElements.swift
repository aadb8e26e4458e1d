/// The states of plain values and of collections.

extension Int64: StateElement {
    /// What an element is before it is read.
    @inlinable public static var blank: Int64 { 0 }
    /// Writes or reads the value; a state that cannot be is refused.
    @inlinable
    public mutating func code(_ coder: inout StateCoder) throws {
        var bits = UInt64(bitPattern: (self << 1) ^ (self >> 63))
        try coder.code(&bits)
        if coder.isReading { self = Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1) }
    }
}

extension Int: StateElement {
    /// What an element is before it is read.
    @inlinable public static var blank: Int { 0 }
    /// Writes or reads the value; a state that cannot be is refused.
    @inlinable
    public mutating func code(_ coder: inout StateCoder) throws {
        var number = Int64(self)
        try number.code(&coder)
        if coder.isReading { self = Int(number) }
    }
}

extension UInt64: StateElement {
    /// What an element is before it is read.
    @inlinable public static var blank: UInt64 { 0 }
    /// Writes or reads the value; a state that cannot be is refused.
    @inlinable public mutating func code(_ coder: inout StateCoder) throws { try coder.code(&self) }
}

extension UInt32: StateElement {}
extension UInt8: StateElement {}

extension StateElement where Self: FixedWidthInteger & UnsignedInteger {
    /// Zero.
    @inlinable public static var blank: Self { 0 }
    /// As a number of 64 bits, which must fit.
    @inlinable
    public mutating func code(_ coder: inout StateCoder) throws {
        var number = UInt64(self)
        try coder.code(&number)
        guard let small = Self(exactly: number) else {
            throw StateProblem("\(number) does not fit \(Self.bitWidth) bits")
        }
        self = small
    }
}

extension Bool: StateElement {
    /// What an element is before it is read.
    @inlinable public static var blank: Bool { false }
    /// Writes or reads the value; a state that cannot be is refused.
    @inlinable
    public mutating func code(_ coder: inout StateCoder) throws {
        var number: UInt64 = self ? 1 : 0
        try coder.code(&number)
        guard number <= 1 else { throw StateProblem("\(number) is neither yes nor no") }
        self = number == 1
    }
}

extension String: StateElement {
    /// What an element is before it is read.
    @inlinable public static var blank: String { "" }
    /// Writes or reads the value; a state that cannot be is refused.
    public mutating func code(_ coder: inout StateCoder) throws {
        var bytes = coder.isReading ? [] : Array(utf8)
        try coder.code(raw: &bytes)
        guard coder.isReading else { return }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw StateProblem("a text is not UTF-8") }
        self = text
    }
}

extension Optional: StateCoded where Wrapped: StateElement {
    /// Writes or reads the value; a state that cannot be is refused.
    @inlinable
    public mutating func code(_ coder: inout StateCoder) throws {
        var isThere = self != nil
        try isThere.code(&coder)
        guard isThere else { return self = nil }
        var value = self ?? Wrapped.blank
        try value.code(&coder)
        if coder.isReading { self = value }
    }
}

extension Optional: StateElement where Wrapped: StateElement {
    /// What an element is before it is read.
    @inlinable public static var blank: Wrapped? { nil }
}

extension Array: StateCoded where Element: StateElement {
    /// Writes or reads the value; a state that cannot be is refused.
    @inlinable
    public mutating func code(_ coder: inout StateCoder) throws {
        try coder.code(list: &self, blank: Element.blank) { element, coder in try element.code(&coder) }
    }
}

extension Array: StateElement where Element: StateElement {
    /// What an element is before it is read.
    @inlinable public static var blank: [Element] { [] }
}

extension Dictionary: StateCoded where Key: StateElement & Comparable, Value: StateElement {
    /// Writes or reads the value; a state that cannot be is refused.
    @inlinable
    public mutating func code(_ coder: inout StateCoder) throws {
        let count = try coder.count(self.count)
        if !coder.isReading {
            for (var key, var value) in sorted(by: { $0.key < $1.key }) {
                try key.code(&coder)
                try value.code(&coder)
            }
            return
        }
        self = [:]
        reserveCapacity(count)
        for _ in 0..<count {
            var key = Key.blank
            var value = Value.blank
            try key.code(&coder)
            try value.code(&coder)
            guard updateValue(value, forKey: key) == nil else { throw StateProblem("\(key) is there twice") }
        }
    }
}

extension Dictionary: StateElement where Key: StateElement & Comparable, Value: StateElement {
    /// What an element is before it is read.
    @inlinable public static var blank: [Key: Value] { [:] }
}

extension Set: StateCoded where Element: StateElement & Comparable {
    /// Writes or reads the value; a state that cannot be is refused.
    @inlinable
    public mutating func code(_ coder: inout StateCoder) throws {
        var elements = coder.isReading ? [] : sorted()
        try elements.code(&coder)
        if coder.isReading { self = Set(elements) }
    }
}

extension Set: StateElement where Element: StateElement & Comparable {
    /// What an element is before it is read.
    @inlinable public static var blank: Set<Element> { [] }
}

extension Interner: StateElement {
    /// One without names.
    public static var blank: Interner { Interner() }

    /// The names in the order of their numbers; the table is made anew.
    public mutating func code(_ coder: inout StateCoder) throws {
        let count = try coder.count(self.count)
        if !coder.isReading {
            for id in 0..<count { _ = try coder.code(slice: bytes(id)) }
            return
        }
        self = Interner()
        for id in 0..<count {
            let range = try coder.code(slice: [])
            guard intern(coder.bytes.span.bytes, range) == id else { throw StateProblem("a name is there twice") }
        }
    }

    /// What the table of names consists of.
    public static var rebuilt: [String] { ["slots", "entries", "text", "mask"] }
}

extension StateCoded where Self: RawRepresentable & CaseIterable, RawValue: StateElement & Equatable {
    /// One of the cases, by its raw value.
    public mutating func code(_ coder: inout StateCoder) throws {
        var raw = rawValue
        try raw.code(&coder)
        guard coder.isReading else { return }
        guard let known = Self(rawValue: raw) else { throw StateProblem("\(raw) is none of \(Self.self)") }
        self = known
    }
}

extension Identity: StateElement {
    /// The weakest.
    public static var blank: Identity { .claimed }
}

extension EventKindSet: StateElement {
    /// No kind.
    public static var blank: EventKindSet { EventKindSet(rawValue: 0) }

    /// One bit for each kind.
    public mutating func code(_ coder: inout StateCoder) throws {
        var bits = rawValue
        try bits.code(&coder)
        if coder.isReading { self = EventKindSet(rawValue: bits) }
    }
}

extension SubjectKind: StateElement {
    package static var blank: SubjectKind { .device }
}

extension FeedRecord.Mode: StateElement {
    package static var blank: FeedRecord.Mode { .live }
}

extension SilenceRecord: StateElement {
    package static var blank: SilenceRecord {
        SilenceRecord(
            received: 0, by: "", violation: "", profile: "", behavior: "", subjectKind: .device, subject: "",
            identity: .claimed, until: 0, reason: "", owner: "")
    }

    package mutating func code(_ coder: inout StateCoder) throws {
        try coder.field("received", &received)
        try coder.field("by", &by)
        try coder.field("violation", &violation)
        try coder.field("profile", &profile)
        try coder.field("behavior", &behavior)
        try coder.field("subjectKind", &subjectKind)
        try coder.field("subject", &subject)
        try coder.field("identity", &identity)
        try coder.field("until", &until)
        try coder.field("reason", &reason)
        try coder.field("owner", &owner)
    }
}
