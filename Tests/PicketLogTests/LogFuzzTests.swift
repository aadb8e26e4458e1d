import Foundation
import Testing

@testable import PicketLog

/// A fuzzer of everything that reads a log. Inputs that made a reader say something new are kept, in `Corpus/`, and are what
/// it goes on from: one folder for each kind of file, one file for each input.
///
/// `PICKET_FUZZ_SECONDS` is how long it looks for new ones (8 unless said otherwise), `PICKET_FUZZ_SEED` repeats a run, and
/// `PICKET_FUZZ_KEEP=1` writes new inputs into the corpus.
@Suite("Fuzzing the readers of a log", .serialized) struct LogFuzzTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let seconds = Double(environment["PICKET_FUZZ_SECONDS"] ?? "") ?? 8
    private static let seed = UInt64(environment["PICKET_FUZZ_SEED"] ?? "") ?? UInt64.random(in: 0..<1_000_000)
    private static let keeps = environment["PICKET_FUZZ_KEEP"] != nil
    private static let corpus = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Corpus")

    private struct Input {
        var bytes: [UInt8]
        var name: String
    }

    private static func inputs(of target: FuzzTarget) throws -> [Input] {
        let folder = corpus.appendingPathComponent(target.rawValue)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return try names.sorted().map { name in
            Input(bytes: [UInt8](try Data(contentsOf: folder.appendingPathComponent(name))), name: name)
        }
    }

    @Test("Nothing crashes, lies or deletes: first the corpus, then what grows from it")
    func fuzz() throws {
        let log = try FuzzLog()
        var mutator = FuzzMutator(Self.seed)
        var pools: [FuzzTarget: [Input]] = [:]
        var known: Set<String> = []
        let current = FileManager.default.temporaryDirectory.appendingPathComponent("picket-fuzz-current")

        func look(_ target: FuzzTarget, _ input: Input) throws -> Bool {
            // Read by whoever looks for the reason of a crash: the process does not come back from one.
            try Data(input.bytes).write(to: current)
            let outcome = try log.read(target, input.bytes)
            if let fault = outcome.fault {
                Issue.record(
                    "\(target.rawValue) \(input.name), PICKET_FUZZ_SEED=\(Self.seed): \(fault)\n\(outcome.words)")
            }
            return known.insert("\(target.rawValue)\n\(outcome.words)").inserted
        }

        for target in FuzzTarget.allCases {
            let path = try #require(target.path(in: log.files), "\(target.rawValue)")
            let sound = Input(bytes: try #require(log.files[path], "\(path)"), name: "sound")
            #expect(try log.read(target, sound.bytes).verdict == .sound, "\(path)")
            _ = try look(target, sound)
            pools[target] = [sound]
            for input in try Self.inputs(of: target) {
                _ = try look(target, input)
                pools[target, default: []].append(input)
            }
            // What is wrong with a disposable file is never said.
            #expect(
                try Self.keeps || target.isDisposable || !Self.inputs(of: target).isEmpty,
                "no corpus of \(target.rawValue)")
        }
        let kept = pools.values.reduce(0) { $0 + $1.count }

        let end = ContinuousClock.now + .seconds(Self.seconds)
        var rounds = 0
        var new = 0
        while ContinuousClock.now < end {
            let target = FuzzTarget.allCases[rounds % FuzzTarget.allCases.count]
            rounds += 1
            guard let pool = pools[target], let other = pools.values.randomElement(using: &mutator.random)?.first
            else { continue }
            let parent = pool[Int(mutator.random.below(UInt64(pool.count)))]
            let donor = mutator.random.chance(4) ? other : pool[Int(mutator.random.below(UInt64(pool.count)))]
            let bytes = mutator.mutate(parent.bytes, donor: donor.bytes, target)
            let name = String(Checksum.crc32(bytes), radix: 16)
            let input = Input(bytes: bytes, name: name)
            guard try look(target, input) else { continue }
            new += 1
            pools[target, default: []].append(input)
            guard Self.keeps else { continue }
            let folder = Self.corpus.appendingPathComponent(target.rawValue)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(bytes).write(to: folder.appendingPathComponent(name))
        }
        try? FileManager.default.removeItem(at: current)
        print(
            "PICKET_FUZZ_SEED=\(Self.seed): \(kept) inputs of the corpus, \(rounds) new ones, \(new) of them said something new"
        )
        #expect(rounds > 0)
    }
}
