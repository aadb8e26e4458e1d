import PicketMitigation

/// Does what the desk hands out, and records what came of it.
struct Mitigator {
    let desk: MitigationDesk
    let pipeline: Pipeline
    let brokers: [BrokerConfiguration]
    let plugins: [String: BrokerPlugin]
    let watch: RevocationWatch
    let notices: Notices
    let say: @Sendable (String) -> Void

    /// Until it is cancelled, or nothing more comes.
    ///
    /// - Parameter unfinished: intents without outcome that an earlier run left.
    func run(unfinished: [Intent]) async throws {
        try await settle(unfinished)
        var work = desk.work.makeAsyncIterator()
        try await withThrowingDiscardingTaskGroup { programs in
            desk.wake()
            while try await shift(&work, &programs) {
                // A person has stopped everything: what was under way has let go, and begins again when it goes on.
                desk.takeBack()
                while desk.isHeld { guard await work.next() != nil else { return programs.cancelAll() } }
                desk.wake()
            }
            programs.cancelAll()
        }
    }

    /// Does what is due until a person stops everything.
    ///
    /// - Parameter programs: those that were started go on when a person stops the rest: half of what a program does may be
    ///   worse than all of it.
    /// - Returns: false when nothing more will come.
    private func shift(
        _ work: inout AsyncStream<Void>.Iterator, _ programs: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws -> Bool {
        try await withThrowingDiscardingTaskGroup(returning: Bool.self) { group in
            while await work.next() != nil {
                // What is under way stays without outcome: it is repeated later, or the next start settles it.
                if desk.isHeld {
                    group.cancelAll()
                    return true
                }
                for intent in desk.take() {
                    if intent.step == Playbook.Step.runName {
                        programs.addTask { try await carryOut(intent) }
                    } else {
                        group.addTask { try await carryOut(intent) }
                    }
                }
            }
            group.cancelAll()
            return false
        }
    }

    /// How old a command may be when it is sent again, in milliseconds: a device that is told to stop because of what it
    /// did this morning would surprise its owner.
    private static let longestResend: Int64 = 600_000

    /// Finds out what is true of what a crash cut short. Cutting off and commands are repeated, with the same request id:
    /// the former changes nothing where it was done, and a device that knows the id does nothing twice. Whether a program
    /// ran cannot be known.
    private func settle(_ unfinished: [Intent]) async throws {
        for intent in unfinished where intent.step == Playbook.Step.runName && intent.isStarted {
            try await end(
                intent, .unknown,
                "Picket ended while the program was started; whether it ran to its end cannot be known")
        }
    }

    private func carryOut(_ intent: Intent) async throws {
        let cutOff = CutOff(brokers: brokers, plugins: plugins, desk: desk, watch: watch)
        do {
            let step = desk.step(of: intent)
            if step?.fillsName ?? false, let problem = SafeName.problem(intent.device) {
                return try await end(intent, .failed, problem)
            }
            // Of several groups each is looked at by itself.
            if intent.isUndo, intent.groups.count < 2, let other = desk.alsoInForce(with: intent) {
                return try await end(intent, .notNeeded, "\(other.id) is in force too, and keeps it")
            }
            if intent.step == "undo-cut-off" {
                let (isDone, note) = try await cutOff.undo(intent)
                if let other = desk.alsoInForce(with: intent) {
                    let problem = try await cutOff.denyAgain(intent)
                    return try await end(
                        intent, problem == nil ? .notNeeded : .failed,
                        problem ?? "\(other.id) began meanwhile, and it is denied again")
                }
                return try await end(intent, isDone ? .done : .failed, note)
            }
            let groups = GroupMove(brokers: brokers, plugins: plugins, desk: desk) { try await pipeline.record($0) }
            if intent.isUndo {
                // What was joined is left, and the other way round.
                let (state, note) = try await groups.carryOut(
                    intent, isMember: intent.playbookStep == "release", probe: nil, watchSeconds: 0)
                return try await end(intent, state, note)
            }
            switch step {
            case .command(let command):
                guard await pipeline.now() - intent.begunAt <= Self.longestResend else {
                    // What a person held back and is too old now is no reason to call for more.
                    return try await end(
                        intent, desk.wasHeld(since: intent.begunAt) ? .expired : .unknown,
                        "it is too late to send it; whether the device did it cannot be known")
                }
                let sending = CommandSending(brokers: brokers, desk: desk) { try await pipeline.record($0) }
                let (isDone, note) = try await sending.carryOut(intent, command)
                try await end(intent, isDone ? .done : .failed, note)
            case .notify(let to):
                let (isDone, note) = try await notices.deliver(intent, to: intent.to ?? to)
                try await end(intent, isDone ? .done : .failed, note)
            case .wait(let condition, let seconds):
                let (state, note) = try await wait(for: condition, intent, seconds)
                try await end(intent, state, note)
            case .cutOff(let reason, let watch):
                let (state, note) = try await cutOff.carryOut(intent, reason: reason, watchSeconds: watch)
                try await end(intent, state, note)
            case .revoke(let reason):
                let (state, note) = try await cutOff.revoke(intent, reason: reason)
                try await end(intent, state, note)
            case .run(let arguments, let seconds, _):
                let words = arguments.map { ActText.fill($0, intent) }
                // Held between its turn and now: its turn comes again when it goes on.
                guard desk.mayStart(intent.id) else { return }
                // From here on nobody can know whether it ran; before, nothing was done.
                try await pipeline.record(
                    .fact(
                        id: intent.id, device: intent.device, fact: Intent.startedFact, isSeen: true,
                        detail: words.first))
                guard !desk.isHeld else {
                    return try await end(intent, .expired, "mitigation was stopped before the program was started")
                }
                let (state, note) = Mitigator.outcome(await ProgramRun.run(words, withinSeconds: seconds), seconds)
                try await end(intent, state, note)
            case .moveToGroup(_, let probe, let watch):
                let (state, note) = try await groups.carryOut(
                    intent, isMember: true, probe: probe, watchSeconds: watch)
                try await end(intent, state, note)
            case .release:
                let (state, note) = try await groups.carryOut(intent, isMember: false, probe: nil, watchSeconds: 0)
                try await end(intent, state, note)
            case nil:
                // Whoever was told is told the end, whatever the playbook is by then.
                if let to = intent.to {
                    let (isDone, note) = try await notices.deliver(intent, to: to)
                    return try await end(intent, isDone ? .done : .failed, note)
                }
                try await end(intent, .failed, "the playbook has changed and has no such step any more")
            }
        } catch is CancellationError {
            return
        }
    }

    private func wait(
        for condition: Playbook.Step.Condition?, _ intent: Intent, _ seconds: Int
    ) async throws -> (state: Intent.State, note: String?) {
        guard let condition else {
            try await Task.sleep(for: .seconds(seconds))
            return (.done, nil)
        }
        let end = ContinuousClock.now + .seconds(seconds)
        repeat {
            switch condition {
            case .acknowledged:
                if let end = desk.acknowledgement(before: intent) { return end }
            case .sessionGone:
                if desk.isGone(intent.device, since: intent.at) {
                    return (.done, "the broker says that its session ended")
                }
            }
            try await Task.sleep(for: Self.lookEvery)
        } while ContinuousClock.now < end
        return (.failed, "not \(condition.rawValue) within \(seconds) s")
    }

    /// A person does not see less than this.
    private static let lookEvery = Duration.milliseconds(20)

    private func end(_ intent: Intent, _ state: Intent.State, _ note: String?) async throws {
        // What was cut short by a stop or the end has no outcome. A program that was started has one.
        if intent.step != Playbook.Step.runName { try Task.checkCancellation() }
        try await pipeline.record(.outcome(id: intent.id, device: intent.device, state: state, note: note))
        let device = SafeName.visible(intent.device)
        say(
            "picket: \(intent.step) of \(device): \(state.rawValue)\(note.map { "; \($0)" } ?? ""). "
                + "picket mitigation show \(intent.id)")
    }

    private static func outcome(_ end: ProgramRun.End, _ seconds: Int) -> (Intent.State, String?) {
        switch end {
        case .code(0): (.done, "exit code 0")
        case .code(let code): (.failed, "exit code \(code)")
        case .signal(let number): (.failed, "ended by signal \(number)")
        case .tookTooLong: (.failed, "it took longer than \(seconds) s and was ended")
        case .notStarted(let problem): (.failed, problem)
        }
    }
}
