import PicketEvents

/// Makes lines of the elements of a list: `{"Records":[{…},{…}]}`, in one line of any length or written prettily, becomes
/// one line for each record. CloudTrail's files are such a list, hundreds of kilobytes long.
///
/// Each byte stays a byte: what stands between elements becomes white space and line ends, and line ends inside of an
/// element become spaces. So a place in the lines is the same place in the file, where a tail goes on after a restart.
/// Between elements nothing is remembered, so that any of their beginnings is a place to go on from.
///
/// Values beside the list are lost with it, and an element must not have such a list itself. Lines of elements without a list stay as they are.
package struct ElementCutter: Sendable {
    /// The member of the outer object that is the list.
    private let list: [UInt8]
    /// How deep the next byte lies in its element; 0 between elements.
    private var depth = 0
    private var isText = false
    private var isEscaped = false
    /// The bytes since the element began.
    private var length = 0
    /// The last text of the outermost level, which may be a name; it has at most as many bytes as ``list`` and one more.
    private var name: [UInt8] = []
    /// A colon followed ``name``, and no value yet.
    private var isValue = false

    package init(list: String) { self.list = Array(list.utf8) }

    /// Cuts the bytes from `start` on. Those before were cut already; they are the beginning of a line without end.
    package mutating func cut(_ bytes: inout [UInt8], from start: Int) {
        for index in start..<bytes.count {
            let byte = bytes[index]
            if depth > 0 { length += 1 }
            if byte == 0x0A {
                // A text has no line end in it, so this one ends a line that is no JSON; and so does one behind more
                // than a line may hold.
                if depth == 0 || isText || length > Limits.lineBytes { leave() } else { bytes[index] = 0x20 }
            } else if isText {
                text(byte)
            } else if depth == 0 {
                between(byte, index, &bytes)
            } else {
                inside(byte, index, &bytes)
            }
        }
    }

    private mutating func leave() {
        depth = 0
        isText = false
        isEscaped = false
        isValue = false
        length = 0
        name = []
    }

    private mutating func text(_ byte: UInt8) {
        if isEscaped {
            isEscaped = false
        } else if byte == 0x5C {
            isEscaped = true
        } else if byte == 0x22 {
            isText = false
            return
        }
        if depth == 1, name.count <= list.count { name.append(byte) }
    }

    private mutating func between(_ byte: UInt8, _ index: Int, _ bytes: inout [UInt8]) {
        switch byte {
        case 0x7B:
            depth = 1
            length = 1
        case 0x2C, 0x5D: bytes[index] = 0x0A
        // The end of the outer object, and the beginning of a list that has no name.
        case 0x7D, 0x5B: bytes[index] = 0x20
        default: break
        }
    }

    private mutating func inside(_ byte: UInt8, _ index: Int, _ bytes: inout [UInt8]) {
        switch byte {
        case 0x22:
            isText = true
            isValue = false
            if depth == 1 { name = [] }
        case 0x3A:
            if depth == 1 { isValue = true }
        case 0x5B where depth == 1 && isValue && name == list:
            // What was taken for an element is the object around all of them.
            for before in max(0, index + 1 - length)..<index { bytes[before] = 0x20 }
            bytes[index] = 0x0A
            leave()
        case 0x7B, 0x5B:
            depth += 1
            isValue = false
        case 0x7D, 0x5D:
            depth -= 1
            if depth == 0 { leave() }
        case 0x0D: bytes[index] = 0x20
        case 0x20, 0x09: break
        default: isValue = false
        }
    }
}
