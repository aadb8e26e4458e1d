import Foundation
import PicketEvents
import PicketProfiles
import Testing

@testable import PicketReports

struct FrameworkReaderTests {
    private static let folder =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path + "/profiles/compliance"

    @Test(arguments: ["etsi-en-303-645", "iec-62443-3-3"])
    func `a framework of ours can be read, and names only metrics and checks that exist`(name: String) throws {
        let (framework, diagnostics) = FrameworkReader.read(name, folders: [Self.folder])
        #expect(diagnostics.isEmpty, "\(DiagnosticRenderer().text(diagnostics))")
        let controls = try #require(framework).controls
        #expect(controls.count >= 10)
        for control in controls {
            for metric in control.metrics { #expect(Names.isMetric(metric), "\(control.id): \(metric)") }
            for word in [control.asks, control.shows, control.doesNotShow, control.title] {
                #expect(!word.lowercased().contains("complian"), "\(control.id) says \(word)")
            }
        }
    }

    @Test func `what is wrong with a framework is said with its place, all at once`() {
        let text = """
            framework: x
            title: X
            version: "1"
            source: here
            controls:
              - id: a
                title: A
                asks: it
                shows: some
                doesNotShow: rest
                metric: [count]
                records: [{ label: l, kind: connekt }]
              - { id: a, title: A, asks: it, shows: some }
            """
        let (framework, diagnostics) = FrameworkReader.parse(text: text, file: "x.yaml")
        #expect(framework == nil)
        let said = diagnostics.map { "\($0.line) \($0.message)" }
        #expect(said.contains { $0.hasPrefix("11 ") && $0.contains("`metric`") }, "\(said)")
        #expect(said.contains { $0.hasPrefix("12 ") && $0.contains("connekt") }, "\(said)")
        #expect(said.contains { $0.hasPrefix("13 ") && $0.contains("doesNotShow") }, "\(said)")
        let (none, unknown) = FrameworkReader.read("no-such", folders: [Self.folder])
        #expect(none == nil)
        #expect(unknown.first?.help?.contains("etsi-en-303-645") == true)
    }

    @Test func `names that Picket does not know are errors, with the nearest one`() {
        let text = """
            framework: x
            title: X
            version: "1"
            source: here
            controls:
              - id: a
                title: A
                asks: it
                shows: some
                doesNotShow: rest
                metrics: [num-message-sent]
                checks: [certificate-expird]
                integrity: maybe
                records:
                  - { label: l, kind: connect, where: { identty: certificate } }
                  - { label: l, kind: connect, where: { identity: certficate } }
                  - { label: l, kind: connect, hasNot: tlss }
                  - { label: l, kind: disconnect, where: { reason: protocol-err } }
                  - { label: l, kind: connect, where: identity }
                  - { label: l, kind: log, has: by, context: sometimes }
            """
        let (framework, diagnostics) = FrameworkReader.parse(text: text, file: "x.yaml")
        #expect(framework == nil)
        let said = diagnostics.map { "\($0.line) \($0.message) \($0.suggestion ?? "")" }
        for words in [
            "11 there is no metric `num-message-sent` num-messages-sent",
            "12 there is no audit check `certificate-expird` certificate-expired",
            "13 `integrity` is true or false", "15 these records have no key `identty` identity",
            "16 there is no value of `identity` `certficate` certificate",
            "17 there is no key of these records `tlss` tls",
            "18 there is no value of `reason` `protocol-err` protocol-error", "19 `where` is a mapping",
            "20 `context` is true or false",
        ] {
            #expect(said.contains { $0.hasPrefix(words) }, "\(words) in \(said)")
        }
        #expect(diagnostics.count == 9, "\(said)")
        let empty = FrameworkReader.parse(
            text: "framework: x\ntitle: X\nversion: \"1\"\nsource: here\ncontrols: []\n", file: "x.yaml")
        #expect(empty.framework == nil && empty.diagnostics.first?.message.contains("is empty") == true)
    }

    @Test func `what comes from outside is text on the page, and no formula in a table`() {
        #expect(HTMLText.escape("<b>&\"'\u{202E}\u{7}") == "&lt;b&gt;&amp;&quot;&#39;\\u{202e}\\u{7}")
        #expect(HTMLText.number(1_234_567) == "1\u{202F}234\u{202F}567")
        #expect(HTMLText.number(-100) == "-100")
        for (text, cell) in [
            ("=1+2", "'=1+2"), ("a,b", "\"a,b\""), ("-x", "'-x"), ("a\"b", "\"a\"\"b\""), ("plain", "plain"),
            ("@SUM(A1)", "'@SUM(A1)"),
        ] {
            #expect(ReportCSV.cell(text) == cell)
        }
    }

    @Test func `names are counted whatever their number`() {
        var (a, b) = (NameCounts(), NameCounts())
        for number in 0..<5_000 {
            let name = Array("device-\(number % 1_234)".utf8)
            name.withUnsafeBufferPointer { bytes in
                if number % 2 == 0 { a.add(bytes, 0..<bytes.count) } else { b.add(bytes, 0..<bytes.count) }
            }
        }
        a.merge(b)
        #expect(a.count == 1_234)
        #expect(a.sorted.reduce(0) { $0 + $1.count } == 5_000)
        #expect(a.sorted.first?.name == "device-0")
    }

    @Test(arguments: [1, 2, 3, 5]) func `too many acts are none, however many threads read`(_ lanes: Int) {
        func sorted(_ different: Int) -> [String] {
            var all = (0..<lanes).map { _ in UserActs(limit: 6) }
            for number in 0..<60 {
                let line = Array("{\"user\":\"u\(number % different)\",\"action\":\"a\",\"outcome\":\"o\"}".utf8)
                all[number % lanes].add(line, 0..<line.count, UInt64(number), Int64(number))
            }
            var acts = all[0]
            for other in all.dropFirst() { acts.merge(other) }
            #expect(acts.isOver == (different > 6))
            return acts.sorted.map { "\($0.user) \($0.span.count) \($0.first)" }
        }
        #expect(sorted(6) == (0..<6).map { "u\($0) 10 \($0)" })
        #expect(sorted(7).isEmpty && sorted(12).isEmpty)
    }
}

/// The names of metrics.
private enum Names {
    static func isMetric(_ name: String) -> Bool { Metric(rawValue: name) != nil }
}
