import Foundation
import PicketLog
import Synchronization
import Testing

@testable import PicketService

/// Checkpoints posted to a real server, one that obliges and ones that do not.
@Suite(.waits) struct AnchorPostTests {
    /// A server that prints its port, keeps what is posted to /ok in `got`, and misbehaves elsewhere. With a certificate as
    /// its argument it speaks TLS.
    private static let server = """
        import http.server, ssl, sys, time
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *arguments): pass
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/hang": time.sleep(600)
                if self.path == "/flood":
                    self.send_response(200); self.end_headers()
                    try:
                        while True: self.wfile.write(b"x" * 65536)
                    except OSError: return
                if self.path == "/ok":
                    with open("got", "ab") as file:
                        file.write((self.headers["Authorization"] or "-").encode() + b"\\n" + body)
                code = {"/ok": 201, "/redirect": 302, "/refuse": 403}.get(self.path, 500)
                self.send_response(code)
                if code == 302: self.send_header("Location", "/ok")
                self.send_header("Content-Length", "0"); self.end_headers()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        if len(sys.argv) > 1:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); context.load_cert_chain(sys.argv[1])
            server.socket = context.wrap_socket(server.socket, server_side=True)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """

    private func start(_ folder: ProductFolder, certificate: String? = nil) throws -> (ProductProgram, port: Int) {
        let program = try ProductProgram(
            ["-c", Self.server] + (certificate.map { [$0] } ?? []), executable: "/usr/bin/python3", in: folder)
        func port() -> Int? {
            let text = FileManager.default.contents(atPath: program.output).map { String(decoding: $0, as: UTF8.self) }
            return text.flatMap { $0.hasSuffix("\n") ? Int($0.dropLast()) : nil }
        }
        try #require(program.waits { port() != nil }, "\(program.wordsText)")
        return (program, try #require(port()))
    }

    private let note = Array("example.test/anchor\n5\nroot\n\n— example.test/anchor sig\n".utf8)

    @Test func `a checkpoint arrives with its authorization, and only where it was sent`() throws {
        let folder = try ProductFolder()
        let (program, port) = try start(folder)
        defer { program.signal(SIGKILL) }
        try folder.write("token", "Bearer 0123456789abcdef\n")
        func post(_ path: String, timeout: Duration = .seconds(30), token: String? = nil) -> String? {
            AnchorPost(
                server: .init(url: "http://127.0.0.1:\(port)\(path)", authorization: token), timeout: timeout
            ).run(note)
        }
        #expect(post("/ok", token: folder.file("token")) == nil)
        let got = FileManager.default.contents(atPath: folder.file("got"))
        #expect(got == Data("Bearer 0123456789abcdef\n".utf8) + Data(note))
        #expect(post("/refuse")?.contains("answered 403") == true)
        #expect(post("/redirect", token: folder.file("token"))?.contains("answered 302") == true)
        #expect(post("/broken")?.contains("answered 500") == true)
        #expect(post("/flood", timeout: .seconds(5)) != nil, "an endless answer is cut off")
        #expect(post("/hang", timeout: .milliseconds(300)) != nil)
        #expect(post("/ok", token: folder.file("no-token"))?.contains("cannot be read") == true)
        try folder.write("two-lines", "Bearer a\nX-Evil: b")
        #expect(post("/ok", token: folder.file("two-lines"))?.contains("no line") == true)
        #expect(FileManager.default.contents(atPath: folder.file("got")) == got, "nothing more arrived")
        program.signal(SIGKILL)
        _ = program.wait()
        #expect(post("/ok", timeout: .seconds(1)) != nil, "nobody listens any more")
    }

    @Test func `the server's certificate must come from the authorities that are named`() throws {
        let folder = try ProductFolder()
        let made = try ProductProgram.run(
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out",
                "ca.pem",
            ], executable: "/usr/bin/openssl", in: folder)
        try #require(made.end == .code(0), "\(made.words)")
        let files = try ["key.pem", "ca.pem"].map { try String(contentsOfFile: folder.file($0), encoding: .utf8) }
        try folder.write("server.pem", files.joined())
        let (program, port) = try start(folder, certificate: folder.file("server.pem"))
        defer { program.signal(SIGKILL) }
        let url = "https://localhost:\(port)/ok"
        let trusted = AnchorTarget.Server(url: url, authorities: folder.file("ca.pem"))
        #expect(AnchorPost(server: trusted, timeout: .seconds(30)).run(note) == nil)
        // What fails is tried again until the time is over, so these have little.
        let unknown = AnchorPost(server: .init(url: url), timeout: .seconds(1)).run(note)
        #expect(
            unknown?.contains("the server's certificate is not accepted: nobody in the `ca` file") == true,
            "\(unknown ?? "")")
        let other = AnchorTarget.Server(url: "https://127.0.0.1:\(port)/ok", authorities: folder.file("ca.pem"))
        let name = AnchorPost(server: other, timeout: .seconds(1)).run(note)
        #expect(name?.contains("the server's certificate is not for the host") == true, "\(name ?? "")")
        let missing = AnchorTarget.Server(url: url, authorities: folder.file("no.pem"))
        #expect(AnchorPost(server: missing, timeout: .seconds(1)).run(note) != nil)
        let got = FileManager.default.contents(atPath: folder.file("got"))
        #expect(got == Data("-\n".utf8) + Data(note))
    }

    @Test func `a server that hangs never holds up the log`() throws {
        let folder = try ProductFolder()
        let (program, port) = try start(folder)
        defer { program.signal(SIGKILL) }
        let said = Mutex([String]())
        let anchor = Anchor(.http(.init(url: "http://127.0.0.1:\(port)/hang")), timeout: .seconds(1)) { words in
            said.withLock { $0.append(words) }
        }
        var options = LogOptions()
        options.signers = [try #require(NoteSigner(newFor: "example.test/anchor"))]
        options.signAfter = .zero
        options.publish = { anchor.publish($0) }
        let writer = try LogWriter(folder: folder.file("log"), options: options)
        for number in 0..<200 {
            var buffer = RecordBuffer()
            buffer.append(line: Array("{\"n\":\(number)}".utf8), time: 0)
            try writer.append(buffer)
        }
        try writer.close()
        // All are written and signed, and the first posts at most have been given up.
        let count = anchor.count
        #expect(count.delivered == 0 && count.failed < 150, "\(count)")
        #expect(LogVerifier(folder: folder.file("log")).run().newest?.size == 200)
        _ = anchor.finish()
        #expect(said.withLock { $0.count } == 1, "said once")
    }
}
