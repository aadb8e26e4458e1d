import PicketEvents
import PicketProfiles

/// Reads a `command` step.
struct CommandReader {
    let collector: DiagnosticCollector

    private static let longestSeconds = 300
    /// What a broker may refuse; AWS allows jobs of 32 KiB.
    private static let payloadBytes = 32 << 10

    func read(_ entry: YAMLNode.Entry) -> Playbook.Step? {
        guard var keys = MappingReader(entry.value, "`command`", collector) else { return nil }
        var within = 10
        if let text = keys.text(["within"]),
            let seconds = PlaybookReader.duration(text, "within", upTo: Self.longestSeconds, collector)
        {
            within = seconds
        }
        let harmless = keys.take("harmless")
        if let harmless, harmless.value.flag == nil {
            collector.report(.wrongType, at: harmless.value.place, "`harmless` is true or false")
        }
        let job = keys.take("job")
        let topic = job == nil ? keys.need(["topic"], help: "where the device listens") : keys.take("topic")
        let acknowledge = keys.take("acknowledge")
        let payload = keys.take("payload")
        keys.finish()
        if let job, let payload {
            collector.report(
                .conflict, at: payload.keyPlace, "`payload` says the same as `job`", help: "keep one of them")
            _ = job
        }
        var command =
            job.map { Playbook.Command.job(document: text(of: $0.value), withinSeconds: within) }
            ?? Playbook.Command(
                topic: "", payload: payload.map { text(of: $0.value) } ?? Playbook.Command.standardPayload,
                acknowledge: nil, withinSeconds: within)
        command.isHarmless = harmless?.value.flag ?? false
        if let topic {
            guard let name = name(topic) else { return nil }
            command.topic = name
        }
        if let acknowledge {
            guard let name = name(acknowledge) else { return nil }
            command.acknowledge = name
        }
        guard !command.topic.isEmpty else { return nil }
        let place = (payload ?? job)?.value.place ?? entry.value.place
        if command.payload.utf8.count > Self.payloadBytes {
            collector.report(.fileTooLarge, at: place, "the payload has more than \(Self.payloadBytes) bytes")
        }
        if !command.payload.contains("{request}") {
            collector.report(
                .placeholder, at: place, "the payload does not hold {request}",
                help: "without it a device cannot tell a repeat from a second command, nor acknowledge the right one")
        }
        check(command.payload, place)
        return .command(command)
    }

    /// A topic that names the device it is for.
    private func name(_ entry: YAMLNode.Entry) -> String? {
        guard let (text, place) = MappingReader.text(of: entry, collector) else { return nil }
        check(text, place)
        if text.contains("+") || text.contains("#") {
            collector.report(.topicFilter, at: place, "`\(entry.key)` is one topic: it holds no wildcard")
        }
        if !text.contains("{device}") {
            collector.report(
                .placeholder, at: place, "`\(entry.key)` does not hold {device}",
                help: "for example cmd/{device}/shutdown: a topic that all devices share stops all of them")
        }
        return text
    }

    private func check(_ text: String, _ place: Place) {
        guard let unknown = ActText.unknownPlaceholder(in: text) else { return }
        collector.report(
            .placeholder, at: place, "there is no placeholder `\(unknown)`",
            help: "known are \(ActText.placeholders.joined(separator: ", "))",
            suggestion: DidYouMean.closest(to: unknown, among: ActText.placeholders))
    }

    /// A text as it is, anything else as JSON.
    private func text(of node: YAMLNode) -> String {
        if let text = node.text { return text }
        var bytes: [UInt8] = []
        append(node, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func append(_ node: YAMLNode, to bytes: inout [UInt8]) {
        switch node.content {
        case .mapping(let entries):
            bytes.append(UInt8(ascii: "{"))
            for (index, entry) in entries.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                CanonicalJSON.appendString(entry.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                append(entry.value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        case .list(let items):
            bytes.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(item, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .scalar:
            if node.isNull {
                bytes += Array("null".utf8)
            } else if let flag = node.flag {
                bytes += Array("\(flag)".utf8)
            } else if let number = node.integer {
                CanonicalJSON.append(number, to: &bytes)
            } else {
                CanonicalJSON.appendString(node.text ?? "", to: &bytes)
            }
        }
    }
}
