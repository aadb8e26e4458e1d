import MQTT
import PicketFeeds
import PicketLocks
import Synchronization

/// Publishes answers to messages. An answer that the broker does not take is lost, as AWS's are, and said once for each
/// reason: the record in the log stands, whether its sender hears of it or not.
final class Answers: Sendable {
    private let client: MQTTClient
    private let tell: @Sendable (String) -> Void
    private let waiting = Atomic<Int>(0)
    private let said = Locked<Set<String>>([])

    /// Answers on their way. Each is small; beyond, the broker takes none at the moment.
    private static let limit = 1_024

    init(client: MQTTClient, tell: @escaping @Sendable (String) -> Void) {
        self.client = client
        self.tell = tell
    }

    /// Publishes `answers`, each in a task of `group`.
    func publish(_ answers: [MessageAnswer], in group: inout ThrowingDiscardingTaskGroup<any Error>) {
        for answer in answers {
            guard waiting.load(ordering: .relaxed) < Answers.limit else {
                failed("too many wait already")
                continue
            }
            waiting.add(1, ordering: .relaxed)
            group.addTask { await self.publish(answer) }
        }
    }

    private func publish(_ answer: MessageAnswer) async {
        defer { waiting.subtract(1, ordering: .relaxed) }
        do {
            try await client.publish(MQTTMessage(topic: answer.topic, payload: answer.payload))
        } catch MQTTError.closed {
            // Picket ends.
        } catch is CancellationError {
            // As above.
        } catch {
            failed("\(error)")
        }
    }

    private func failed(_ problem: String) {
        guard said.withLock({ $0.count < 16 && $0.insert(problem).inserted }) else { return }
        tell("an answer could not be published: \(problem)")
    }
}
