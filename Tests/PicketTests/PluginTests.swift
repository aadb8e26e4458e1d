import Foundation
import Glibc
import PicketFeeds
import PicketService
import Testing

/// The plugin in a real Mosquitto.
@Suite(
    "The broker plugin",
    .enabled(if: PluginSite.plugin != nil && PluginSite.broker != nil, PluginSite.reason), .serialized,
    .waits)
struct PluginTests {
    @Test("A Picket that is killed misses nothing, and nothing comes twice")
    func killed() async throws {
        try await onThread {
            let site = try PluginSite()
            try site.startBroker()
            for round in 0..<3 {
                let program = try site.startPicket()
                #expect(try site.publish(200, as: "a-\(round)") == .code(0))
                program.signal(SIGKILL)
                _ = program.wait()
                #expect(try site.publish(100, as: "b-\(round)") == .code(0))
            }
            let program = try site.startPicket()
            #expect(try program.waits { try site.count("disconnect") == 6 })
            stop(program)
            #expect(try site.count("publish") == 900)
            #expect(try site.count("connect") == 6)
            #expect(try site.count("gap") == 0)
        }
    }

    @Test("What the buffer cannot hold while Picket is away is counted exactly")
    func overflow() async throws {
        try await onThread {
            let site = try PluginSite(options: ["plugin_opt_buffer 1"])
            try site.startBroker()
            var program = try site.startPicket()
            #expect(try site.publish(100, as: "before") == .code(0))
            #expect(try program.waits { try site.count("disconnect") == 1 })
            stop(program)
            // Three times what a buffer of 1 MiB holds, at about 90 bytes each.
            #expect(try site.publish(40_000, as: "away", qos: 0) == .code(0))
            program = try site.startPicket()
            #expect(try site.publish(100, as: "after") == .code(0))
            #expect(try program.waits { try site.count("disconnect") == 3 })
            stop(program)
            let lost = try site.lost()
            #expect(lost > 10_000)
            #expect(try site.count("publish") + lost == 40_200)
            #expect(try site.count("connect") == 3, "who came is kept when messages are dropped")
            #expect(try site.records().contains { $0["cause"] as? String == "plugin-dropped" })
        }
    }

    @Test("A broker that ends in order leaves no gap, one that is killed does")
    func brokerEnds() async throws {
        try await onThread {
            let site = try PluginSite()
            try site.folder.write(
                "profile.yaml",
                """
                profile: health
                targets: [all]
                behaviors: [{ name: not-seen, subject: feed, metric: gaps, alarm: any in 2s }]

                """)
            try site.folder.write(
                "picket.yaml",
                "data: data\nprofiles: [profile.yaml]\nfeeds:\n"
                    + "  - { name: broker, plugin: broker.sock, lateness: 1s }\n")
            try site.startBroker()
            let program = try site.startPicket()
            #expect(try site.publish(10) == .code(0))
            for (signal, gaps) in [(SIGTERM, 0), (SIGKILL, 1)] {
                let broker = try #require(site.mosquitto)
                let here = program.wordsText.components(separatedBy: "the plugin is here").count
                broker.signal(signal)
                _ = broker.wait()
                try site.startBroker()
                #expect(program.waits { program.wordsText.components(separatedBy: "the plugin is here").count > here })
                #expect(try site.publish(10) == .code(0))
                #expect(try program.waits { try site.records().last { $0["kind"] as? String == "disconnect" } != nil })
                #expect(try site.count("gap") == gaps)
            }
            // What the broker does next lets the window end.
            var messages = 30
            let hasEnded = try program.waits {
                usleep(500_000)
                messages += 1
                _ = try site.publish(1)
                return try site.count("violation") == 2
            }
            #expect(hasEnded)
            stop(program)
            let violations = try site.records().filter { $0["kind"] as? String == "violation" }
            #expect(violations.map { $0["event"] as? String } == ["in-alarm", "alarm-cleared"])
            #expect(
                violations.allSatisfy { $0["subject"] as? String == "feed" && $0["behavior"] as? String == "not-seen" })
            #expect(try site.count("publish") == messages)
            let gap = try site.records().first { $0["kind"] as? String == "gap" }
            #expect(gap?["cause"] as? String == "broker-ended")
            #expect(gap?["lost"] == nil)
        }
    }

    @Test(
        "It has no thread, and the process that writes the deny list is gone with its work: neither costs the broker anything"
    )
    func aloneOnTheBroker() async throws {
        let site = try PluginSite()
        let (plugin, stop) = try await PluginTests.connected(site)
        let broker = try #require(site.mosquitto)
        func threads() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(broker.pid)/task").count
        }
        #expect(try threads() == 1)
        // Many at once wait for one disk together.
        let outcomes = await withTaskGroup(of: PluginCommand.Outcome.self) { group in
            for number in 0..<50 { group.addTask { await plugin.deny(.client("t-\(number)")) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.allSatisfy { if case .done = $0 { true } else { false } }, "\(outcomes)")
        #expect(
            try String(contentsOfFile: site.folder.file("deny"), encoding: .utf8).split(separator: "\n").filter {
                $0.hasPrefix("client t-")
            }.count == 50)
        #expect(try threads() == 1)
        let children = "/proc/\(broker.pid)/task/\(broker.pid)/children"
        #expect(try String(contentsOfFile: children, encoding: .utf8) == "")
        try await stop()
    }

    /// What listens is not Picket: it says nothing, says nonsense, or takes everything and acknowledges nothing.
    @Test("The broker serves on, whoever listens", arguments: ["silent", "nonsense", "endless", "never-acknowledges"])
    func hostile(_ manner: String) async throws {
        try await onThread {
            let site = try PluginSite(options: ["plugin_opt_buffer 1"])
            try site.folder.write("listener.py", PluginTests.listener)
            let listener = try ProductProgram(
                ["python3", "listener.py", site.folder.file("broker.sock"), manner], executable: "/usr/bin/env",
                in: site.folder)
            #expect(listener.waits { FileManager.default.fileExists(atPath: site.folder.file("broker.sock")) })
            try site.startBroker()
            #expect(listener.waits { listener.outputLines.contains("came") })
            #expect(try site.publish(30_000, qos: 0) == .code(0))
            #expect(try site.publish(500) == .code(0))
            listener.signal(SIGKILL)
            _ = listener.wait()
            // And Picket, when it comes, learns what is missing.
            let program = try site.startPicket()
            #expect(try site.publish(1, as: "last") == .code(0))
            #expect(
                try program.waits {
                    try site.records().contains {
                        $0["client"] as? String == "last" || $0["device"] as? String == "last"
                    }
                })
            stop(program)
            let broker = try #require(site.mosquitto)
            broker.signal(SIGTERM)
            #expect(broker.wait() == .code(0))
        }
    }

    private static let listener = """
        import os, socket, struct, sys, time
        path, manner = sys.argv[1:]
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(8)
        while True:
            peer, _ = listener.accept()
            print("came", flush=True)
            try:
                if manner == "silent":
                    time.sleep(60)
                elif manner == "nonsense":
                    peer.recv(100)
                    peer.sendall(os.urandom(2000))
                elif manner == "endless":
                    while True: peer.sendall(struct.pack("<I", 4000) + bytes(4000))
                else:
                    hello = peer.recv(4096)
                    run = struct.unpack_from("<Q", hello, 7)[0]
                    peer.sendall(struct.pack("<IBHQQ", 19, 0x81, 1, run, 0))
                    while peer.recv(1 << 16): pass
            except OSError:
                pass
            peer.close()

        """

    /// Starts the broker of a site, and a daemon in this process; waits until the plugin is with it.
    ///
    /// - Returns: the way to the plugin, and how to stop the daemon.
    private static func connected(_ site: PluginSite) async throws -> (BrokerPlugin, stop: () async throws -> Void) {
        try site.startBroker()
        let (configuration, diagnostics) = ConfigurationReader.parse(
            text: """
                data: "\(site.folder.file("data"))"
                feeds:
                  - { name: broker, plugin: "\(site.folder.file("broker.sock"))" }

                """, file: "picket.yaml")
        let (requests, ask) = AsyncStream<Daemon.Request>.makeStream()
        let daemon = Daemon(try #require(configuration, "\(diagnostics)"), report: { _ in }, say: { _ in })
        let running = Task { try await daemon.run(profiles: .none, requests: requests) }
        let plugin = try #require(daemon.plugins["broker"])
        try await until { plugin.isConnected }
        return (
            plugin,
            {
                ask.yield(.stop)
                try await running.value
            }
        )
    }

    @Test("A broker that reads its files again asks about everybody who is there: that is no connect of theirs")
    func reload() async throws {
        let site = try PluginSite()
        try site.startBroker()
        let picket = try site.startPicket()
        let devices = try ["t-1", "t-2"].map {
            try ProductProgram(
                ["-h", "127.0.0.1", "-p", "\(site.port)", "-i", $0, "-t", "cmd/#"],
                executable: "/usr/bin/mosquitto_sub",
                in: site.folder)
        }
        try await until { try site.count("connect") == 2 }
        let broker = try #require(site.mosquitto)
        broker.signal(SIGHUP)
        try await until { broker.wordsText.contains("Reloading config.") }
        #expect(try site.publish(1, as: "t-3") == .code(0))
        try await until { try site.count("publish") == 1 }
        #expect(try site.count("connect") == 3)
        #expect(devices.allSatisfy { !$0.hasEnded })
        for device in devices { device.signal(SIGTERM) }
        picket.signal(SIGTERM)
        #expect(picket.wait() == .code(0), "\(picket.wordsText)")
    }

    @Test("A broker that has nothing to do answers at once, not when its loop turns by itself")
    func wakes() async throws {
        let site = try PluginSite()
        let (plugin, stop) = try await PluginTests.connected(site)
        // Each is asked when the one before was answered: without a signal each of them waits 100 ms and more, all
        // of them two seconds. One run without other load on the machine is enough.
        var fastest = Duration.seconds(1_000)
        for _ in 0..<8 {
            let elapsed = await ContinuousClock().measure {
                for _ in 0..<5 {
                    #expect(await plugin.kick(.client("nobody")) == .nothing)
                    #expect(await plugin.deny(.client("nobody")) != .away)
                }
            }
            fastest = min(fastest, elapsed)
        }
        #expect(fastest < .milliseconds(1_200), "\(fastest) for five kicks and five denials, each of those on the disk")
        try await stop()
    }

    @Test("Denied, kicked, refused, also without Picket and after a restart of the broker; allowed again")
    func denial() async throws {
        let site = try PluginSite()
        let (plugin, stop) = try await PluginTests.connected(site)
        let victim = try ProductProgram(
            ["-h", "127.0.0.1", "-p", "\(site.port)", "-i", "t-7", "-t", "cmd/#", "-V", "5"],
            executable: "/usr/bin/mosquitto_sub", in: site.folder)
        try await until { try site.count("connect") == 1 }
        #expect(await plugin.kick(.client("somebody else")) == .nothing)
        #expect(await plugin.deny(.client("t-7")) == .done(1))
        #expect(await plugin.deny(.client("t-7")) == .nothing)
        #expect(await plugin.deny(.serial("no serial")) == .invalid)
        #expect(await plugin.kick(.client("t-7")) == .done(1))
        try await until { try site.records().contains { $0["reason"] as? String == "kicked" } }
        victim.signal(SIGKILL)
        #expect(try site.publish(1) != .code(0))
        try await until { try site.records().contains { $0["reason"] as? String == "banned" } }
        #expect(try site.publish(1, as: "t-8") == .code(0))
        let broker = try #require(site.mosquitto)
        broker.signal(SIGTERM)
        _ = broker.wait()
        try site.startBroker()
        #expect(try site.publish(1) != .code(0), "the list outlives the broker")
        // Until Picket has heard that the old broker is gone, what it is asked ends there: whoever asks repeats it.
        var answers: [PluginCommand.Outcome] = []
        try await until {
            answers.append(await plugin.allow(.client("t-7")))
            return answers.last != .away && answers.last != .unknown
        }
        #expect(answers.last == .done(0) || answers.contains(.unknown) && answers.last == .nothing, "\(answers)")
        #expect(try site.publish(1) == .code(0))
        try await stop()
        #expect(await plugin.deny(.client("t-7")) == .away)
        let status = try FileManager.default.attributesOfItem(atPath: site.folder.file("deny"))
        #expect(status[.posixPermissions] as? Int == 0o600)
    }
}

/// Waits for a condition, generously.
func until(_ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + ProductProgram.patience
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, "it did not come to that within \(ProductProgram.patience)")
        try await Task.sleep(for: .milliseconds(5))
    }
}
