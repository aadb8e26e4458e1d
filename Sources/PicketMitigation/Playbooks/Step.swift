import Crypto
import PicketEvents

extension Playbook {
    /// One thing to do.
    package enum Step: Equatable, Sendable {
        /// Ask the device itself, by MQTT.
        case command(Command)
        /// Deny durably, end the session, put the certificate on the revocation list, and watch that it stays away.
        case cutOff(reason: RevocationReason, watchSeconds: Int)
        /// Put the certificate on the revocation list, and prove that the broker reads it. A session that is there goes on.
        case revoke(reason: RevocationReason)
        /// Start a program: an argument vector, never a shell. What its writer calls harmless, a message to a person say,
        /// needs no proof of who the device is.
        case run(arguments: [String], withinSeconds: Int, isHarmless: Bool)
        /// Let time pass, or wait for a fact.
        case wait(for: Condition?, withinSeconds: Int)

        /// Tell somebody, by the name he has in the configuration.
        case notify(to: String)
        /// Put the device into groups: in the record, over the fleet file, and on brokers whose dynamic security we may
        /// change. A client that stands exactly where the device stands publishes to `probe`, before and after, where
        /// that is possible; and for `watchSeconds` the broker's records are watched for messages of the device.
        case moveToGroup([String], probe: String?, watchSeconds: Int)
        /// Take the device out of groups.
        case release([String])

        /// What a step can wait for.
        package enum Condition: String, CaseIterable, Sendable {
            /// The commands before it were acknowledged.
            case acknowledged
            /// The broker says that the device has no session any more.
            case sessionGone = "session-gone"
        }

        /// The key in the file, and in records.
        package var name: String {
            switch self {
            case .command: "command"
            case .cutOff: "cut-off"
            case .revoke: "revoke"
            case .run: Self.runName
            case .wait: Self.waitName
            case .notify: "notify"
            case .moveToGroup: "move-to-group"
            case .release: "release"
            }
        }

        /// The groups that it is about.
        package var groups: [String] {
            switch self {
            case .moveToGroup(let groups, _, _), .release(let groups): groups
            case .command, .cutOff, .revoke, .run, .wait, .notify: []
            }
        }

        /// Whether it takes something from the device: only a proved device is touched (DESIGN §7).
        package var isHarmful: Bool {
            switch self {
            case .command(let command): !command.isHarmless
            case .cutOff, .revoke, .moveToGroup, .release: true
            case .run(_, _, let isHarmless): !isHarmless
            case .wait, .notify: false
            }
        }

        /// What tells it from every other step: an approval is for this one, and for none that has its place later.
        package var fingerprint: String {
            String(Hex.string(SHA256.hash(data: Array("\(self)".utf8))).prefix(16))
        }

        /// Whether the device's name goes into a topic, an argument or a request to the broker: with a name that never does
        /// (``SafeName``) the step fails, and the escalation is called upon (DESIGN §7).
        package var fillsName: Bool {
            switch self {
            case .command, .run, .moveToGroup, .release: true
            case .cutOff, .revoke, .wait, .notify: false
            }
        }

        /// Whether it is about the certificate of one session, and not about the device.
        package var deniesCertificate: Bool {
            switch self {
            case .cutOff, .revoke: true
            case .command, .run, .wait, .notify, .moveToGroup, .release: false
            }
        }

        /// The name of the step that waits.
        package static let waitName = "wait"
        /// The name of the step that starts a program.
        package static let runName = "run"

        /// The steps that the next one does not wait for: whoever answers may take his time, or never answer.
        package static let isBeside: Set<String> = ["command", "notify", Intent.resolvePrefix + "notify"]
    }

    /// A message to the device that asks for something, and where it says that it did it.
    package struct Command: Equatable, Sendable {
        /// Texts with placeholders.
        package var topic: String
        package var payload: String
        /// Where the device answers; nil when nobody asks it to.
        package var acknowledge: String?
        package var withinSeconds: Int
        package var isHarmless = false

        package init(topic: String, payload: String, acknowledge: String?, withinSeconds: Int) {
            self.topic = topic
            self.payload = payload
            self.acknowledge = acknowledge
            self.withinSeconds = withinSeconds
        }

        /// A command that says what it is for, and by which id it is to be acknowledged.
        package static let standardPayload =
            #"{"id":"{request}","device":"{device}","behavior":"{behavior}","violation":"{violation}"}"#

        /// A job as AWS IoT hands it to a device (`notify-next` of the Jobs MQTT API), so that agents written for it
        /// understand it; they answer with an `update` of the execution.
        package static func job(document: String, withinSeconds: Int) -> Command {
            Command(
                topic: "$aws/things/{device}/jobs/notify-next",
                payload:
                    #"{"timestamp":{seconds},"execution":{"jobId":"{request}","status":"QUEUED","queuedAt":{seconds},"#
                    + #""lastUpdatedAt":{seconds},"versionNumber":1,"executionNumber":1,"jobDocument":"# + document
                    + "}}",
                acknowledge: "$aws/things/{device}/jobs/{request}/update", withinSeconds: withinSeconds)
        }
    }
}
