import OrraModel
import OrraProtocol
import ProcessSupport

/// What came of every action, held against what its caller was told and against what the services wrote down.
struct Verdict: Sendable {
    var completed = 0
    var failed = 0
    /// Ended as failed though their plan would have completed, by code: too many connections lost, for example.
    var failedByFaults: [String: Int] = [:]
    /// The journals of some of them.
    var examples: [String] = []
    /// Accepted actions that did not end, ended without an effect that they report, or whose outcome nobody was told.
    var lost: [String] = []
    /// Effects that happened twice, and outcomes that were told under two ids.
    var doubled: [String] = []
    /// Everything else that should not be: wrong inputs, frames out of order, effects of refused actions.
    var wrong: [String] = []
    var effects = 0
    var undos = 0
    /// Effects that were asked for again and not done again, by the reason.
    var repeats: [String: Int] = [:]
    var webhooks = 0

    /// What services wrote down, of all crews.
    struct Journals: Sendable {
        var effects: [ServiceRecord] = []
        var repeats: [ServiceRecord] = []
        var undos: [ServiceRecord] = []
    }

    /// A piece of work: one step of one action.
    struct Work: Hashable {
        var item: String
        var step: String

        init(_ item: String, _ step: Int) {
            self.item = item
            self.step = "\(step)"
        }

        init(_ record: ServiceRecord) {
            item = record.input["item"] ?? ""
            step = record.input["step"] ?? ""
        }
    }

    init(
        _ ledger: [Ledger.Entry], _ stories: [OrchestrationID: Chronicle.Story], _ journals: Journals,
        _ outcomes: OutcomeReceiver.Tally, _ fleet: FleetTally
    ) {
        let effects = Dictionary(grouping: journals.effects) { Work($0) }
        self.effects = effects.count
        for (work, records) in effects where records.count > 1 {
            let processes = records.map { "\($0.process)" }.joined(separator: ", ")
            let keys = Set(records.map(\.key)).count
            doubled.append(
                "\(work.item), step \(work.step): \(records.count) effects under \(keys) key(s) by \(processes)")
        }
        for entry in ledger { judge(entry, stories, effects, outcomes) }
        let undos = Dictionary(grouping: journals.undos) { Work($0) }
        self.undos = undos.count
        for entry in ledger {
            if let id = entry.id, let story = stories[id] { judge(undos, of: entry.plan, id, story) }
        }
        judgeStrangers(ledger, effects)
        for record in journals.repeats {
            if let effect = effects[Work(record)]?.first(where: { $0.key == record.key }) {
                explain(record, effect, ledger, stories, fleet)
            } else if let undo = undos[Work(record)]?.first(where: { $0.key == record.key }) {
                explain(record, ofUndo: undo, fleet)
            } else {
                wrong.append("\(record.input["item"] ?? ""), \(record.task): a repeat of nothing")
            }
        }
        if outcomes.invalid > 0 { wrong.append("\(outcomes.invalid) posts to the webhook's receiver were invalid") }
    }

    private mutating func judge(
        _ entry: Ledger.Entry, _ stories: [OrchestrationID: Chronicle.Story], _ effects: [Work: [ServiceRecord]],
        _ outcomes: OutcomeReceiver.Tally
    ) {
        let item = entry.plan.item
        guard let id = entry.id else { return }
        guard let story = stories[id] else { return lost.append("\(item), \(id): accepted, and unknown to the hub") }
        guard let status = story.status else { return lost.append("\(item), \(id): has not ended") }
        judge(status, of: entry.plan, id, story)
        for number in 1...entry.plan.steps.count {
            guard let task = TaskID("task\(number)"), let known = story.tasks[task], known.completed > 0 else {
                continue
            }
            let done = effects[Work(item, number)] ?? []
            if done.isEmpty { lost.append("\(item), \(id), \(task): completed without an effect") }
            if known.output != entry.plan.output(of: number) {
                wrong.append("\(item), \(id), \(task): its output is another one's: \(known.output ?? "none")")
            }
            for record in done where record.input != entry.plan.input(of: number) {
                wrong.append("\(item), \(id), \(task): an effect had another input")
            }
        }
        let told = outcomes.taken[id.rawValue] ?? []
        webhooks += told.isEmpty ? 0 : 1
        if told.isEmpty { lost.append("\(item), \(id): nobody was told its outcome") }
        if told.count > 1 { doubled.append("\(item), \(id): its outcome was told under \(told.count) ids") }
    }

    private mutating func judge(
        _ status: Status, of plan: ActionPlan, _ id: OrchestrationID, _ story: Chronicle.Story
    ) {
        if status == .completed { completed += 1 } else { failed += 1 }
        switch (status, plan.outcome) {
        case (.completed, .completed), (.failed, .failed), (.aborted, .aborted): break
        case (.failed, _):
            failedByFaults[story.code ?? "without a code", default: 0] += 1
            if examples.count < 3 {
                examples.append("\(plan.item), \(id)\n    " + story.lines.joined(separator: "\n    "))
            }
        default: wrong.append("\(plan.item), \(id): ended as \(status), planned to be \(plan.outcome)")
        }
        if status == .completed {
            let missing = (1...plan.steps.count).filter { number in
                TaskID("task\(number)").flatMap { story.tasks[$0]?.completed } != 1
            }
            if !missing.isEmpty { lost.append("\(plan.item), \(id): completed without tasks \(missing)") }
        }
    }

    /// Of an action that did not complete, every completed task that can be undone is undone once; of others none.
    private mutating func judge(
        _ undos: [Work: [ServiceRecord]], of plan: ActionPlan, _ id: OrchestrationID, _ story: Chronicle.Story
    ) {
        guard let status = story.status else { return }
        if !story.isUndoneNewestFirst { wrong.append("\(plan.item), \(id): not undone newest first") }
        for number in 1...plan.steps.count {
            guard let task = TaskID("task\(number)") else { continue }
            let done = undos[Work(plan.item, number)] ?? []
            let isDue = plan.steps[number - 1].crew.isRevertible && status != .completed && story.hasDone(task)
            let place = "\(plan.item), \(id), \(task)"
            if isDue, done.isEmpty { lost.append("\(place): was not undone") }
            if !isDue, !done.isEmpty { wrong.append("\(place): was undone, \(status)") }
            if done.count > 1 { doubled.append("\(place): undone \(done.count) times") }
            for record in done where record.input != plan.input(of: number) {
                wrong.append("\(place): undone with another input")
            }
        }
    }

    /// Effects of actions that were never accepted.
    private mutating func judgeStrangers(_ ledger: [Ledger.Entry], _ effects: [Work: [ServiceRecord]]) {
        let accepted = Set(ledger.filter { $0.id != nil }.map(\.plan.item))
        let strangers = Set(effects.keys.map(\.item)).subtracting(accepted)
        for item in strangers.sorted() { wrong.append("\(item): effects of an action that was not accepted") }
    }

    /// Why was the handler asked for an effect that it had done?
    private mutating func explain(
        _ record: ServiceRecord, _ effect: ServiceRecord, _ ledger: [Ledger.Entry],
        _ stories: [OrchestrationID: Chronicle.Story], _ fleet: FleetTally
    ) {
        let id = ledger.first { $0.plan.item == record.input["item"] }?.id
        let story = id.flatMap { stories[$0] }.flatMap { story in TaskID(record.task).flatMap { story.tasks[$0] } }
        guard let story, story.deliveries > 1, effect.process != record.process else {
            wrong.append("\(record.input["item"] ?? ""), \(record.task): a repeat that nothing explains")
            return
        }
        let reason =
            Self.end(of: effect.process, fleet).map { "its process was \($0) between effect and answer" }
            ?? "another replica had it, after: \(Set(story.causes).sorted().joined(separator: ", "))"
        repeats[reason, default: 0] += 1
    }

    private mutating func explain(_ record: ServiceRecord, ofUndo undo: ServiceRecord, _ fleet: FleetTally) {
        guard undo.process != record.process else {
            wrong.append("\(record.input["item"] ?? ""), \(record.task): an undoing repeated that nothing explains")
            return
        }
        let reason = Self.end(of: undo.process, fleet).map { "its process was \($0) between undoing and answer" }
        repeats[reason ?? "another replica had undone it", default: 0] += 1
    }

    private static func end(of process: Int32, _ fleet: FleetTally) -> String? {
        fleet.killed.contains(process) ? "killed" : fleet.stopped.contains(process) ? "stopped" : nil
    }
}
