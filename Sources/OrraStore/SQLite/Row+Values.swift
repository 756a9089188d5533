import GRDB
import OrraEngine
import OrraModel

/// Rows as values. What can't be read was changed by the disk or another program: `.damaged`.
extension Row {
    func timestamp(at index: Int) -> Timestamp { Timestamp(milliseconds: self[index]) }

    func timestampIfPresent(at index: Int) -> Timestamp? { (self[index] as Int64?).map(Timestamp.init(milliseconds:)) }

    /// Orchestration at `index`, task and kind of work after it.
    func reference(at index: Int) throws -> TaskReference {
        let name: String = self[index + 1]
        guard let task = TaskID(name) else {
            throw StoreError(.damaged, "a stored task has a name that is none; restore a backup")
        }
        return TaskReference(OrchestrationID(self[index]), task, try word(at: index + 2))
    }

    /// One word of a set.
    func word<Word: RawRepresentable<String>>(at index: Int, _ type: Word.Type = Word.self) throws -> Word {
        let text: String = self[index]
        guard let word = Word(rawValue: text) else {
            throw StoreError(.damaged, "a stored \(type) has a value that this version does not know; restore a backup")
        }
        return word
    }

    func decode<Value: Decodable>(_ type: Value.Type, at index: Int) throws(Unreadable) -> Value {
        let text: String = self[index]
        do { return try WireDecoder(maximumDepth: Limits.storedJSONDepth).decode(type, from: Array(text.utf8)) } catch {
            throw Unreadable(reason: WireDecoder.describe(error))
        }
    }
}

/// A stored text that is no value of its type: which member, and what was expected. It quotes no value.
struct Unreadable: Error {
    var reason: String
}

extension ServiceEntry {
    init(row: Row) throws {
        let project = ProjectID(row[0])
        let position: Int64 = row[1]
        do throws(Unreadable) {
            self.init(
                project: project, position: position, at: row.timestamp(at: 2),
                event: try row.decode(ServiceEvent.self, at: 3))
        } catch {
            throw StoreError(
                .damaged,
                "the service event \(position) of \(project) can't be read (\(error.reason)); restore a backup")
        }
    }
}

extension OrchestrationRow {
    init(row: Row) throws {
        self.init(
            id: OrchestrationID(row[0]), project: ProjectID(row[1]), action: row[2], status: try row.word(at: 3),
            error: row[4], receivedAt: row.timestamp(at: 5), endedAt: row.timestampIfPresent(at: 6),
            isUnsettled: row[7],
            compensations: CompensationCounts(active: row[8], total: row[9], completed: row[10], failed: row[11]),
            pauseReason: (row[12] as String?).flatMap(PauseReason.init))
    }
}

extension OutboxRow {
    init(row: Row) throws {
        self.init(
            key: IdempotencyKey(rawValue: row[0]), reference: try row.reference(at: 1), project: ProjectID(row[4]),
            service: ServiceID(row[5]), readyAt: row.timestamp(at: 6),
            death: row.timestampIfPresent(at: 7).map { Death(at: $0, error: row[8] ?? "") })
    }
}

extension FailedCompensation {
    init(row: Row) throws {
        self.init(
            id: CompensationID(row[0]), project: ProjectID(row[1]), reference: try row.reference(at: 2),
            service: ServiceID(row[5]), serviceName: row[6], status: try row.word(at: 7), failure: row[8],
            attempts: row[9], at: row.timestamp(at: 10), resolution: try row.word(at: 11), reason: row[12],
            resolvedAt: row.timestampIfPresent(at: 13))
    }
}

extension ProjectDocument {
    init(row: Row) throws {
        let body: String = row[4]
        // Written by the hub, and checked then.
        guard
            let value = try? WireDecoder(maximumDepth: Limits.storedJSONDepth).decode(
                RawJSON.self, from: Array(body.utf8))
        else {
            throw StoreError(
                .damaged, "a stored \(row[1] as String) can't be read: its body is no JSON; restore a backup")
        }
        self.init(
            project: ProjectID(row[0]), kind: try row.word(at: 1), name: row[2], body: value,
            at: row.timestamp(at: 3))
    }
}

extension SubmissionRow {
    init(row: Row) {
        self.init(
            project: ProjectID(row[0]), key: row[1], bodyHash: row[2], orchestration: OrchestrationID(row[3]),
            createdAt: row.timestamp(at: 4))
    }
}

extension WebhookDelivery {
    init(row: Row) throws {
        self.init(
            id: DeliveryID(row[0]), project: ProjectID(row[1]), orchestration: OrchestrationID(row[2]), url: row[3],
            secret: row[4], form: try row.word(at: 5), subject: try Subject(row[6], of: row[7]),
            createdAt: row.timestamp(at: 8))
        state = try row.word(at: 9)
        attempts = row[10]
        nextAttempt = row.timestamp(at: 11)
        lastError = row[12]
    }
}

extension WebhookDelivery.Subject {
    /// The two columns that hold it: which one, and its task.
    var columns: (String, TaskID?) {
        switch self {
        case .outcome: ("outcome", nil)
        case .approvalRequested: ("approvalRequested", nil)
        case .compensationFailed(let task): ("compensationFailed", task)
        }
    }

    fileprivate init(_ name: String, of task: String?) throws {
        switch (name, task.flatMap(TaskID.init)) {
        case ("outcome", nil): self = .outcome
        case ("approvalRequested", nil): self = .approvalRequested
        case ("compensationFailed", let task?): self = .compensationFailed(task)
        default:
            throw StoreError(
                .damaged, "a stored webhook delivery has a subject that this version does not know; restore a backup")
        }
    }
}

extension Project {
    init(row: Row) {
        self.init(id: ProjectID(row[0]), name: row[1], createdAt: row.timestamp(at: 2))
    }
}

extension Webhook {
    init(row: Row) throws {
        self.init(
            id: WebhookID(row[0]), project: ProjectID(row[1]), url: row[2], purpose: try row.word(at: 3),
            secret: row[4],
            createdAt: row.timestamp(at: 5))
    }
}
