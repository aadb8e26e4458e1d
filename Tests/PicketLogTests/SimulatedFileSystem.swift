import Synchronization

@testable import PicketLog

/// A file system in memory that forgets what was not synced. `crash(seed:)` gives the state a machine comes back with:
/// every 512-byte sector that was written and not synced is kept, lost or zero, every change of a folder that was not
/// synced is kept or lost, all independently (the model of ALICE and LazyFS). At a chosen call it crashes by itself.
final class SimulatedFileSystem: LogFileSystem {
    /// What happens at a chosen call.
    enum Fault: Equatable {
        /// The call takes effect in part or not at all, and every later call fails.
        case crash
        /// The call fails once with EIO and has no effect that counts.
        case inputOutput
        /// This and the following calls that need room fail until ``makeRoom()``.
        case full
    }

    final class Inode: Sendable {
        struct Content {
            var current: [UInt8] = []
            var durable: [UInt8] = []
            /// Sectors of `current` that were written since the last sync.
            var dirty: Set<Int> = []
        }
        let content = Mutex(Content())
    }

    struct Change {
        var folder: String
        /// Names set to an inode, or removed.
        var entries: [(folder: String, name: String, inode: Inode?)]
    }

    struct State {
        var folders: Set<String>
        var durableFolders: Set<String>
        var files: [String: [String: Inode]]
        var durableFiles: [String: [String: Inode]]
        var changes: [Change] = []
        var locks: Set<String> = []
        var calls = 0
        var faultAt: Int?
        var fault = Fault.crash
        var crashed = false
        var full = false
        var random: Random
        var names: [String] = []
        var removed: [String] = []

        /// Gives a folder another name. Durable at once: no log moves one, so what a crash makes of it is not asked.
        mutating func moveFolder(_ from: String, to: String) {
            for folder in folders where folder == from || folder.hasPrefix(from + "/") {
                let moved = to + folder.dropFirst(from.count)
                folders.remove(folder)
                folders.insert(moved)
                files[moved] = files.removeValue(forKey: folder)
                durableFolders.insert(moved)
                durableFiles[moved] = files[moved]
            }
        }
    }

    private let state: Mutex<State>

    init(faultAt: Int? = nil, fault: Fault = .crash, seed: UInt64 = 1) {
        state = Mutex(
            State(
                folders: ["/"], durableFolders: ["/"], files: ["/": [:]], durableFiles: ["/": [:]], faultAt: faultAt,
                fault: fault, random: Random(seed)))
    }

    private init(_ state: sending State) { self.state = Mutex(state) }

    /// Calls so far.
    var calls: Int { state.withLock { $0.calls } }

    /// The names of the calls so far.
    var trace: [String] { state.withLock { $0.names } }

    var hasCrashed: Bool { state.withLock { $0.crashed } }

    func makeRoom() { state.withLock { $0.full = false } }

    /// Arms a fault at the `at`-th call from now.
    func arm(_ fault: Fault, in calls: Int) {
        state.withLock {
            $0.faultAt = $0.calls + calls
            $0.fault = fault
        }
    }

    /// Every file there is, by path.
    func snapshot() -> [String: [UInt8]] {
        state.withLock { state in
            var files: [String: [UInt8]] = [:]
            for (folder, entries) in state.files where state.folders.contains(folder) {
                for (name, inode) in entries { files[folder + "/" + name] = inode.content.withLock { $0.current } }
            }
            return files
        }
    }

    /// The machine after a loss of power now.
    func crash(seed: UInt64) -> SimulatedFileSystem {
        state.withLock { state in
            var random = Random(seed)
            var files = state.durableFiles
            var folders = state.durableFolders
            for change in state.changes {
                guard random.chance(2) else { continue }
                for entry in change.entries {
                    if let inode = entry.inode {
                        files[entry.folder, default: [:]][entry.name] = inode
                    } else {
                        files[entry.folder]?[entry.name] = nil
                    }
                }
            }
            for folder in state.folders where !folders.contains(folder) && random.chance(2) { folders.insert(folder) }
            // A folder is only there with its parents.
            for folder in folders.sorted(by: { $0.count < $1.count }) where folder != "/" {
                if !folders.contains(Self.parent(folder)) { folders.remove(folder) }
            }
            var after: [String: [String: Inode]] = [:]
            for (folder, entries) in files where folders.contains(folder) {
                after[folder] = entries.mapValues { Self.afterCrash($0, &random) }
            }
            for folder in folders where after[folder] == nil { after[folder] = [:] }
            return SimulatedFileSystem(
                State(
                    folders: folders, durableFolders: folders, files: after, durableFiles: after,
                    random: Random(seed &+ 1)))
        }
    }

    /// The machine after the process was killed: everything written is still there, nothing more is durable.
    func kill() -> SimulatedFileSystem {
        state.withLock { state in
            var next = state
            next.locks = []
            next.crashed = false
            next.faultAt = nil
            next.full = false
            var copies: [ObjectIdentifier: Inode] = [:]
            func copy(_ inode: Inode) -> Inode {
                if let made = copies[ObjectIdentifier(inode)] { return made }
                let made = Inode()
                let content = inode.content.withLock { $0 }
                made.content.withLock { $0 = content }
                copies[ObjectIdentifier(inode)] = made
                return made
            }
            next.files = state.files.mapValues { $0.mapValues(copy) }
            next.durableFiles = state.durableFiles.mapValues { $0.mapValues(copy) }
            for change in next.changes.indices {
                for entry in next.changes[change].entries.indices {
                    next.changes[change].entries[entry].inode = next.changes[change].entries[entry].inode.map(copy)
                }
            }
            return SimulatedFileSystem(next)
        }
    }

    private static func afterCrash(_ inode: Inode, _ random: inout Random) -> Inode {
        let result = Inode()
        let content = inode.content.withLock { $0 }
        var bytes = content.durable
        if content.current.count != content.durable.count || !content.dirty.isEmpty {
            if content.current.count > bytes.count {
                // The size may be on the disk without the data.
                let grown = content.current.count - bytes.count
                bytes += [UInt8](
                    repeating: 0, count: [0, grown, Int(random.below(UInt64(grown + 1)))][Int(random.below(3))])
            } else if random.chance(2) {
                bytes.removeLast(bytes.count - content.current.count)
            }
            for sector in content.dirty.sorted() {
                let start = sector * 512
                let end = min(start + 512, content.current.count, bytes.count)
                // A sector that was durable in part is written whole or not: disks do not lose a sector by writing it.
                let choices: UInt64 = start >= content.durable.count ? 3 : 2
                let choice = random.below(choices)
                guard start < end, choice != 0 else { continue }
                for index in start..<end { bytes[index] = choice == 1 ? content.current[index] : 0 }
            }
        }
        result.content.withLock {
            $0.current = bytes
            $0.durable = bytes
        }
        return result
    }

    static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    static func name(_ path: String) -> String { String(path[path.index(after: path.lastIndex(of: "/")!)...]) }

    private static func failure(_ path: String, _ problem: String, _ kind: LogError.Kind = .inputOutput(errno: 5))
        -> LogError
    { LogError(kind, path: path, problem: problem) }

    /// Counts a call; returns whether this one is to fail, and then how much of it may still happen.
    fileprivate func call(_ name: String, _ path: String, needsRoom: Bool = false) throws(LogError) -> Bool {
        let verdict: (error: LogError?, partial: Bool) = state.withLock { state in
            if state.crashed { return (Self.failure(path, "the machine is off"), false) }
            state.calls += 1
            state.names.append("\(name) \(path)")
            if state.full && needsRoom { return (Self.failure(path, "no room", .full), state.random.chance(2)) }
            guard state.calls == state.faultAt else { return (nil, false) }
            switch state.fault {
            case .crash:
                state.crashed = true
                return (Self.failure(path, "the machine went off"), state.random.chance(2))
            case .inputOutput: return (Self.failure(path, "injected EIO"), state.random.chance(2))
            case .full:
                state.full = true
                return needsRoom ? (Self.failure(path, "no room", .full), state.random.chance(2)) : (nil, false)
            }
        }
        guard let error = verdict.error else { return true }
        if verdict.partial { return false }
        throw error
    }

    fileprivate func fails(_ path: String) -> LogError {
        state.withLock { state in
            state.full && !state.crashed ? Self.failure(path, "no room", .full) : Self.failure(path, "failed in part")
        }
    }

    fileprivate func amount(below limit: Int) -> Int { state.withLock { Int($0.random.below(UInt64(limit + 1))) } }

    // MARK: LogFileSystem

    func open(_ path: String, _ mode: OpenMode) throws(LogError) -> any LogFile {
        let creates: Bool
        switch mode {
        case .read, .write: creates = false
        case .create, .replace: creates = true
        }
        let whole = try call("open", path, needsRoom: creates)
        let folder = Self.parent(path)
        let name = Self.name(path)
        let inode: Inode? = state.withLock { state in
            guard state.folders.contains(folder) else { return nil }
            let existing = state.files[folder]?[name]
            guard creates else { return existing }
            if let existing {
                guard case .replace = mode else { return nil }
                existing.content.withLock { content in
                    content.dirty = []
                    content.current = []
                }
                return existing
            }
            let inode = Inode()
            state.files[folder, default: [:]][name] = inode
            state.changes.append(Change(folder: folder, entries: [(folder, name, inode)]))
            return inode
        }
        guard whole else { throw fails(path) }
        guard let inode else { throw Self.failure(path, "no such file, or it exists", .missing) }
        return SimulatedFile(inode, path, self)
    }

    func status(_ path: String) throws(LogError) -> FileStatus? {
        guard try call("status", path) else { throw fails(path) }
        return state.withLock { state in
            if state.folders.contains(path) { return FileStatus(isFolder: true, size: 0) }
            guard state.folders.contains(Self.parent(path)) else { return nil }
            guard let inode = state.files[Self.parent(path)]?[Self.name(path)] else { return nil }
            return FileStatus(isFolder: false, size: inode.content.withLock { $0.current.count })
        }
    }

    func names(in folder: String) throws(LogError) -> [String] {
        guard try call("names", folder) else { throw fails(folder) }
        return state.withLock { state in
            guard state.folders.contains(folder) else { return [] }
            let files = state.files[folder].map { Array($0.keys) } ?? []
            let folders = state.folders.filter { $0 != folder && Self.parent($0) == folder }.map { Self.name($0) }
            return (files + folders).sorted()
        }
    }

    func makeFolder(_ path: String) throws(LogError) {
        let whole = try call("mkdir", path, needsRoom: true)
        state.withLock { state in
            guard state.folders.contains(Self.parent(path)) else { return }
            if state.folders.insert(path).inserted { state.files[path] = [:] }
        }
        if !whole { throw fails(path) }
    }

    func rename(_ from: String, to: String) throws(LogError) {
        let whole = try call("rename", from)
        let moved: Bool = state.withLock { state in
            if state.folders.contains(from) {
                state.moveFolder(from, to: to)
                return true
            }
            guard let inode = state.files[Self.parent(from)]?[Self.name(from)] else { return false }
            state.files[Self.parent(from)]?[Self.name(from)] = nil
            state.files[Self.parent(to), default: [:]][Self.name(to)] = inode
            state.changes.append(
                Change(
                    folder: Self.parent(to),
                    entries: [(Self.parent(from), Self.name(from), nil), (Self.parent(to), Self.name(to), inode)]))
            return true
        }
        if !whole { throw fails(from) }
        if !moved { throw Self.failure(from, "no such file", .missing) }
    }

    func remove(_ path: String) throws(LogError) {
        let whole = try call("remove", path)
        state.withLock { state in
            if state.folders.contains(path) {
                guard state.files[path]?.isEmpty != false else { return }
                state.folders.remove(path)
                state.files[path] = nil
                return
            }
            state.files[Self.parent(path)]?[Self.name(path)] = nil
            state.removed.append(path)
            state.changes.append(
                Change(folder: Self.parent(path), entries: [(Self.parent(path), Self.name(path), nil)]))
        }
        if !whole { throw fails(path) }
    }

    /// The files that were removed.
    var removedFiles: [String] { state.withLock { $0.removed } }

    func syncFolder(_ path: String) throws(LogError) {
        guard try call("syncFolder", path) else { throw fails(path) }
        state.withLock { state in
            var rest: [Change] = []
            for change in state.changes {
                guard change.folder == path else {
                    rest.append(change)
                    continue
                }
                for entry in change.entries { state.durableFiles[entry.folder, default: [:]][entry.name] = entry.inode }
            }
            state.changes = rest
            for folder in state.folders where folder == path || Self.parent(folder) == path {
                state.durableFolders.insert(folder)
            }
        }
    }

    func lock(_ path: String) throws(LogError) -> any FileLock {
        guard try call("lock", path) else { throw fails(path) }
        let taken: Bool = state.withLock { state in
            if state.files[Self.parent(path)]?[Self.name(path)] == nil {
                let inode = Inode()
                state.files[Self.parent(path), default: [:]][Self.name(path)] = inode
                state.changes.append(
                    Change(folder: Self.parent(path), entries: [(Self.parent(path), Self.name(path), inode)]))
            }
            return state.locks.insert(path).inserted
        }
        guard taken else { throw Self.failure(path, "locked", .locked) }
        return SimulatedLock(path, self)
    }

    fileprivate func unlock(_ path: String) { state.withLock { _ = $0.locks.remove(path) } }
}

private final class SimulatedLock: FileLock {
    private let path: String
    private let system: SimulatedFileSystem

    init(_ path: String, _ system: SimulatedFileSystem) {
        self.path = path
        self.system = system
    }

    deinit { system.unlock(path) }
}

private final class SimulatedFile: LogFile {
    private let inode: SimulatedFileSystem.Inode
    private let path: String
    private let system: SimulatedFileSystem

    init(_ inode: SimulatedFileSystem.Inode, _ path: String, _ system: SimulatedFileSystem) {
        self.inode = inode
        self.path = path
        self.system = system
    }

    func size() throws(LogError) -> Int {
        guard try system.call("size", path) else { throw system.fails(path) }
        return inode.content.withLock { $0.current.count }
    }

    func read(at offset: Int, count: Int) throws(LogError) -> [UInt8] {
        guard try system.call("read", path) else { throw system.fails(path) }
        return inode.content.withLock { content in
            offset >= content.current.count
                ? [] : Array(content.current[offset..<min(content.current.count, offset + count)])
        }
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(LogError) {
        let whole = try system.call("write", path, needsRoom: true)
        let count = whole ? bytes.count : system.amount(below: bytes.count)
        inode.content.withLock { content in
            if offset + count > content.current.count {
                content.current += [UInt8](repeating: 0, count: offset + count - content.current.count)
            }
            guard count > 0 else { return }
            content.current.replaceSubrange(offset..<(offset + count), with: bytes[0..<count])
            for sector in offset / 512...(offset + count - 1) / 512 { content.dirty.insert(sector) }
        }
        if !whole { throw system.fails(path) }
    }

    func sync() throws(LogError) {
        var error: LogError?
        do throws(LogError) {
            if try !system.call("sync", path) { error = system.fails(path) }
        } catch let thrown {
            error = thrown
        }
        if error != nil, system.hasCrashed { throw system.fails(path) }
        inode.content.withLock { content in
            // After an error some sectors reached the disk, and the kernel takes all of them for clean: syncing again
            // says nothing about them (fsyncgate).
            let reached = content.dirty.filter { _ in error == nil || system.amount(below: 1) == 0 }
            if content.current.count < content.durable.count {
                content.durable.removeLast(content.durable.count - content.current.count)
            } else {
                content.durable += [UInt8](repeating: 0, count: content.current.count - content.durable.count)
            }
            for sector in reached {
                let range = min(sector * 512, content.current.count)..<min(sector * 512 + 512, content.current.count)
                content.durable.replaceSubrange(range, with: content.current[range])
            }
            content.dirty = []
        }
        if let error { throw error }
    }

    func truncate(to size: Int) throws(LogError) {
        let whole = try system.call("truncate", path)
        inode.content.withLock { content in
            if size < content.current.count {
                content.current.removeLast(content.current.count - size)
                content.dirty = content.dirty.filter { $0 * 512 < size }
            }
        }
        if !whole { throw system.fails(path) }
    }
}

/// A reproducible source of numbers (SplitMix64).
struct Random: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ limit: UInt64) -> UInt64 { next() % limit }

    /// True once in `n` times.
    mutating func chance(_ n: UInt64) -> Bool { below(n) == 0 }
}
