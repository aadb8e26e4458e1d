/// Something whose state can be written down and taken up again, in another process.
///
/// One method describes the state for both directions, so that what is written and what is read cannot differ. It names
/// each stored property with ``StateCoder/field(_:_:)``; those that are made anew are listed in ``rebuilt``, and a test
/// holds both lists against the properties that the type really has.
public protocol StateCoded {
    /// Writes or reads the state, as `coder` wants. Writing changes nothing.
    ///
    /// - Throws: ``StateProblem`` when what is read is no such state.
    mutating func code(_ coder: inout StateCoder) throws

    /// Stored properties that are no part of the state: fixed by what the value was made for, memories that fill again,
    /// and what lives only while one record is handled.
    static var rebuilt: [String] { get }
}

extension StateCoded {
    /// None, unless a type says otherwise.
    public static var rebuilt: [String] { [] }
}

/// A state that collections can hold.
public protocol StateElement: StateCoded {
    /// What reading begins with.
    static var blank: Self { get }
}

/// Why bytes are no state that can be taken up.
public struct StateProblem: Error, Equatable, CustomStringConvertible {
    /// What is wrong, for a person.
    public let description: String
    /// - Parameter description: what is wrong, for a person.
    public init(_ description: String) { self.description = description }
}

/// Writes a state as bytes, or reads it from them. Numbers take as many bytes as they need (LEB128, the sign in the
/// lowest bit), collections stand in a fixed order: the same state is the same bytes.
public struct StateCoder: Sendable {
    /// What it does with what it is given.
    public enum Direction: Sendable {
        case writing, reading
        /// It only collects the names of the properties.
        case naming
    }

    /// What this one does.
    public let direction: Direction
    /// What was written, or what is read.
    @usableFromInline var bytes: [UInt8]
    /// Where reading stands.
    @usableFromInline var position: Int
    /// Where it ends.
    @usableFromInline let end: Int
    /// The names of the properties, when they are collected.
    public private(set) var names: [String] = []
    /// The number of subjects of the state at hand: their numbers are below it.
    public var subjects = Int.max

    /// Writes, behind `head`.
    public init(after head: [UInt8] = []) { self.init(.writing, head, 0..<head.count) }

    /// Reads `bytes`.
    public init(reading bytes: [UInt8]) { self.init(.reading, bytes, 0..<bytes.count) }

    /// Reads what lies in `range` of `bytes`.
    public init(reading bytes: [UInt8], in range: Range<Int>) { self.init(.reading, bytes, range) }

    private init(_ direction: Direction, _ bytes: [UInt8], _ range: Range<Int>) {
        self.direction = direction
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// The names of the properties that are part of the state of `value`.
    public static func names(of value: inout some StateCoded) throws -> [String] {
        var coder = StateCoder(.naming, [], 0..<0)
        try value.code(&coder)
        return coder.names
    }

    /// What was written.
    public var written: [UInt8] { bytes }

    /// Whether it reads.
    @inlinable public var isReading: Bool { direction == .reading }

    /// One stored property.
    @inlinable
    public mutating func field<Value: StateCoded>(_ name: StaticString, _ value: inout Value) throws {
        if direction == .naming { return note(name) }
        do { try value.code(&self) } catch { throw StateCoder.placed(error, name) }
    }

    /// One stored property that `body` writes or reads.
    @inlinable
    public mutating func field(_ name: StaticString, _ body: (inout StateCoder) throws -> Void) throws {
        if direction == .naming { return note(name) }
        do { try body(&self) } catch { throw StateCoder.placed(error, name) }
    }

    /// One stored property that holds something for each of some subjects.
    @inlinable
    public mutating func field<Value: StateElement>(
        _ name: StaticString, bySubject values: inout [Int: Value]
    ) throws {
        try field(name, &values)
        guard isReading else { return }
        for subject in values.keys { try check(subject) }
    }

    /// Throws when `subject` is no number of a subject.
    @inlinable
    public func check(_ subject: Int) throws {
        guard subject >= 0, subject < subjects else { throw StateProblem("there is no subject \(subject)") }
    }

    @usableFromInline mutating func note(_ name: StaticString) { names.append("\(name)") }

    @usableFromInline static func placed(_ error: any Error, _ name: StaticString) -> any Error {
        guard let problem = error as? StateProblem else { return error }
        return StateProblem("\(name): \(problem.description)")
    }

    // MARK: Numbers

    /// A number that is not negative.
    @inlinable
    public mutating func code(_ value: inout UInt64) throws {
        switch direction {
        case .writing: append(value)
        case .reading: value = try take()
        case .naming: break
        }
    }

    /// How many of something follow. What is read is never more than the bytes that are left, as each takes one at
    /// least: memory stays bounded by the size of the file.
    @inlinable
    public mutating func count(_ count: Int) throws -> Int {
        if !isReading {
            append(UInt64(count))
            return count
        }
        let found = try take()
        guard found <= UInt64(end - position) else { throw StateProblem("it is cut short") }
        return Int(found)
    }

    @inlinable
    mutating func append(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    @inlinable
    mutating func take() throws -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end {
            let byte = bytes[position]
            position += 1
            guard shift < 63 || byte <= 1 else { throw StateProblem("a number has too many bytes") }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw StateProblem("it is cut short")
    }

    // MARK: Bytes

    /// Bytes as they are.
    public mutating func code(raw value: inout [UInt8]) throws {
        let count = try count(value.count)
        if isReading {
            value = Array(bytes[position..<position + count])
            position += count
        } else {
            bytes.append(contentsOf: value)
        }
    }

    /// Bytes that are written from `value`, or where those that are read lie in ``bytes``.
    @usableFromInline
    mutating func code(slice value: ArraySlice<UInt8>) throws -> Range<Int> {
        let count = try count(value.count)
        guard isReading else {
            bytes.append(contentsOf: value)
            return bytes.count - count..<bytes.count
        }
        position += count
        return position - count..<position
    }

    /// Numbers most of which are 0, as runs.
    ///
    /// - Parameter limit: the most that there can be.
    @inlinable
    public mutating func code<Cell: FixedWidthInteger & Sendable>(sparse cells: inout [Cell], limit: Int) throws {
        if isReading { return cells = try takeSparse(limit: limit) }
        append(UInt64(cells.count))
        var index = 0
        while index < cells.count {
            let start = index
            while index < cells.count, cells[index] == 0 { index += 1 }
            let first = index
            while index < cells.count, cells[index] != 0 { index += 1 }
            append(UInt64(first - start))
            append(UInt64(index - first))
            for cell in cells[first..<index] { append(UInt64(truncatingIfNeeded: cell)) }
        }
    }

    @inlinable
    mutating func takeSparse<Cell: FixedWidthInteger & Sendable>(limit: Int) throws -> [Cell] {
        let count = try take()
        guard count <= UInt64(max(limit, 0)) else { throw StateProblem("there are more panes than subjects have") }
        var cells = [Cell](repeating: 0, count: Int(count))
        var index = 0
        while index < cells.count {
            let zeros = try take()
            guard zeros <= UInt64(cells.count - index) else { throw StateProblem("a run is too long") }
            index += Int(zeros)
            let others = try take()
            guard others <= UInt64(cells.count - index), zeros + others > 0 else {
                throw StateProblem("a run is too long")
            }
            for _ in 0..<Int(others) {
                cells[index] = Cell(truncatingIfNeeded: try take())
                index += 1
            }
        }
        return cells
    }

    /// Elements that `body` writes or reads, one after another.
    @inlinable
    public mutating func code<Element>(
        list: inout [Element], blank: Element, _ body: (inout Element, inout StateCoder) throws -> Void
    ) throws {
        let count = try count(list.count)
        if !isReading {
            for var element in list { try body(&element, &self) }
            return
        }
        list = []
        list.reserveCapacity(count)
        for _ in 0..<count {
            var element = blank
            try body(&element, &self)
            list.append(element)
        }
    }

    /// Throws when something follows.
    public func finish() throws {
        guard position == end else { throw StateProblem("more follows than there should be") }
    }
}
