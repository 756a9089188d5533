import OrraCore
import OrraEngine
import OrraModel

/// A process of a service with its SDK: what it runs, what it has answered, what it has not been acknowledged for.
struct Replica {
    /// A message that the hub has not acknowledged.
    struct Message {
        var id: String
        var key: IdempotencyKey
        var report: TaskReport
        var execution: String

        /// Whether it answers for good what the key asked for.
        var isAnswer: Bool {
            switch report {
            case .output, .aborted, .compensation: true
            default: false
            }
        }
    }

    /// A handler at work.
    struct Run {
        var request: WorkRequest
        var behaviour: HandlerBehaviour
        /// A cancel request has come.
        var isCancelled = false
    }

    let number: Int
    let service: ServiceID
    let style: Scenario.Style
    let credit: Int
    let isRevertible: Bool
    /// Kept with the cache; only new SDKs tell it.
    let instance: String
    var isUp = true
    /// Which process it is: one more after each death.
    var generation = 0
    var isDraining = false
    var link: Int?
    var failedConnects = 0
    /// The SDK's cache of answers, by key.
    var answers: [IdempotencyKey: TaskReport] = [:]
    var runs: [IdempotencyKey: Run] = [:]
    var outbox: [Message] = []
    /// Frames that wait while a handler runs in the read loop.
    var unread: [ClientBound] = []
    private var messages = 0

    init(_ plan: Scenario.ReplicaPlan, number: Int, of service: Scenario.ServicePlan) {
        self.number = number
        self.service = service.id
        style = plan.style
        credit = plan.credit
        isRevertible = service.revertible
        instance = "i\(number)"
    }

    mutating func nextMessageID() -> String {
        messages += 1
        return "r\(number).\(generation).\(messages)"
    }

    /// Its process dies, and with it what is only in memory.
    mutating func die() {
        isUp = false
        isDraining = false
        generation += 1
        link = nil
        runs = [:]
        outbox = []
        unread = []
        if style != .swift { answers = [:] }
    }
}

/// One throw that decides between several shares of a thousand.
struct Roll {
    var left: Int

    mutating func falls(_ share: Int) -> Bool {
        defer { left -= share }
        return left >= 0 && left < share
    }
}

/// What a handler is going to do: decided when it starts, by the seed, the key and how often it was started.
struct HandlerBehaviour {
    var report: TaskReport
    /// The SDK answers a redelivery from its cache.
    var isKept: Bool
    /// It did what it was asked to, with all that this means outside.
    var isEffective: Bool
    /// It sends something that is no message.
    var isGarbled = false
    var duration: Int64
    /// When it tells of its progress.
    var interims: [Int64] = []

    init(
        _ request: WorkRequest, start: Int, by replica: Replica, _ plan: Scenario.HandlerPlan, seed: UInt64,
        isHealed: Bool
    ) {
        let hash = SeededGenerator.hash(request.key.rawValue)
        var random = SeededGenerator(seed: seed ^ hash, stream: UInt64(start))
        var fate = SeededGenerator(seed: seed ^ hash, stream: 0)
        let isProbe = request.work.reference.orchestration.rawValue.hasPrefix("o_\(Scenario.Submission.probe)")
        let isDoomed = fate.chance(perMille: plan.doomed) && !isProbe
        duration = random.time(1...400)
        if !isHealed, random.chance(perMille: plan.slow) { duration = random.time(1_000...random.time(1_001...60_000)) }
        if random.chance(perMille: plan.interims) {
            for _ in 0..<random.pick(1...3) { interims.append(random.time(0...duration)) }
            interims.sort()
        }
        if !isHealed, random.chance(perMille: plan.floods) {
            duration = random.time(500...1_500)
            for number in 0..<random.time(60...150) { interims.append(number * duration / 150) }
        }
        var roll = Roll(left: isHealed ? 1_000 : random.pick(0...999))
        isKept = true
        isEffective = false
        if let undo = request.undo {
            let errors = roll.falls(plan.revertErrors)
            let part = roll.falls(plan.partial)
            let isOdd = roll.falls(plan.odd)
            report = .compensation(.completed)
            // What can't be undone can't be undone in any attempt.
            var fate = SeededGenerator(seed: seed ^ SeededGenerator.hash("\(request.work.reference)"), stream: 3)
            let lasts = fate.chance(perMille: plan.doomed)
            if isOdd {
                report = .malformed(reason: "odd")
                isKept = false
                isGarbled = random.chance(perMille: 500)
            } else if lasts || errors {
                report = .compensation(.failed("no luck"))
            } else if part {
                let left = RawJSON([.string("\(undo.attempt)")])
                report = .compensation(.partial(.init(completed: RawJSON(["a"]), remaining: left)))
            } else {
                isEffective = true
            }
            return
        }
        let fails = roll.falls(plan.errors)
        if isDoomed || fails {
            report = .error("no luck")
            isKept = false
        } else if roll.falls(plan.aborts) {
            report = .aborted(RawJSON(["why": .string("\(request.work.reference)")]))
        } else if roll.falls(plan.odd) {
            report = .malformed(reason: "odd")
            isKept = false
            isGarbled = random.chance(perMille: 500)
        } else if roll.falls(plan.odd) {
            // Breaks the schema, or lacks what the next task takes.
            let text: JSONValue = random.chance(perMille: 500) ? ["text": 5] : ["other": "x"]
            report = .output(RawJSON(text), nil)
        } else {
            let output = RawJSON(["text": .string("r\(replica.number).\(start).\(request.work.reference.task)")])
            var compensation: Event.Compensation?
            if replica.isRevertible {
                let ttl = random.chance(perMille: 200) ? random.time(1_000...90_000) : 86_400_000
                compensation = .init(
                    data: RawJSON(["originalTask": request.input.value, "taskResult": output.value]), ttlMs: ttl)
            }
            report = .output(output, compensation)
            isEffective = true
        }
    }
}
