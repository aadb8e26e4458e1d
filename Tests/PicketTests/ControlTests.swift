import Foundation
import PicketEvents
import PicketLog
import PicketService
import Testing

@Suite(.waits)
struct ControlTests {
    @Test func `a decision goes through the daemon, and into the log before it is answered`() throws {
        let site = try RunSite()
        let program = try site.start()
        let client = ControlClient(data: site.folder.file("data"))
        let answer = try client.decide(.verify(violation: "5f3a", state: .benignPositive, note: "a test rig"))
        #expect(answer.isDone, "\(answer.message)")
        let records = try site.records().filter { $0["kind"] as? String == "operator" }
        #expect(records.count == 1)
        #expect(records.first?["action"] as? String == "verify")
        #expect(records.first?["state"] as? String == "benign-positive")
        #expect(records.first?["by"] as? String == OfflineRecords.user)
        #expect(try client.ask(.status)?.message.contains("runs") == true)
        stop(program)
        #expect(!FileManager.default.fileExists(atPath: site.folder.file("data/control.sock")))
        try site.expectReplayAgrees()
    }

    @Test func `without a daemon the decision is recorded under the lock of the log`() throws {
        let site = try RunSite()
        stop(try site.start())
        let answer = try ControlClient(data: site.folder.file("data/log")).decide(.stop(note: "night"))
        #expect(answer.isDone)
        #expect(try site.records().last?["action"] as? String == "stop")
        #expect(try ProductProgram.run(["log", "verify", "data/log"], in: site.folder).end == .code(0))
    }

    @Test func `the socket is for its owner alone, and survives what is no request`() throws {
        let site = try RunSite()
        let program = try site.start()
        let path = site.folder.file("data/control.sock")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        let script = """
            import socket, sys
            def ask(data):
                s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                try: return s.makefile().readline()
                except ConnectionResetError: return ""
            for data in (b"", b"{}\\n", b"\\xff\\xfe\\n", b"x" * 100000, b'{"stop":{}}'): ask(data)
            print(ask(b'{"status":{}}\\n'), end="")
            """
        let result = try ProductProgram.run(
            ["-c", script, path], executable: "/usr/bin/python3", in: site.folder)
        #expect(result.end == .code(0), "\(result.words)")
        #expect(String(decoding: result.output, as: UTF8.self).contains("\"isDone\":true"))
        #expect(try site.records().allSatisfy { $0["kind"] as? String != "operator" })
        stop(program)
    }

    @Test func `a daemon that is killed leaves a socket that harms nobody`() throws {
        let site = try RunSite()
        let program = try site.start()
        program.signal(SIGKILL)
        _ = program.wait()
        #expect(try ControlClient(data: site.folder.file("data")).ask(.status) == nil)
        let next = try site.start()
        #expect(try ControlClient(data: site.folder.file("data")).ask(.status)?.isDone == true)
        stop(next)
    }
}
