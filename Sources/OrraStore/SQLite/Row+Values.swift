import GRDB
import OrraEngine
import OrraModel

/// Rows as values. What can't be read was changed by the disk or another program: `.damaged`.
extension Row {
    func timestamp(at index: Int) -> Timestamp { Timestamp(milliseconds: self[index]) }

    /// Orchestration at `index`, task after it.
    func reference(at index: Int) throws -> TaskReference {
        let name: String = self[index + 1]
        guard let task = TaskID(name) else {
            throw StoreError(.damaged, "a stored task has a name that is none; restore a backup")
        }
        return TaskReference(OrchestrationID(self[index]), task)
    }

    /// One word of a set.
    func word<Word: RawRepresentable<String>>(at index: Int, _ type: Word.Type = Word.self) throws -> Word {
        let text: String = self[index]
        guard let word = Word(rawValue: text) else {
            throw StoreError(.damaged, "a stored \(type) has a value that this version does not know; restore a backup")
        }
        return word
    }

    func decode<Value: Decodable>(
        _ type: Value.Type, at index: Int, name: () -> String
    ) throws -> Value {
        let text: String = self[index]
        do { return try WireDecoder(maximumDepth: Limits.storedJSONDepth).decode(type, from: Array(text.utf8)) } catch {
            throw StoreError(
                .damaged, "\(name()) can't be read (\(WireDecoder.describe(error))); restore a backup")
        }
    }
}

extension JournalEntry {
    init(row: Row) throws {
        let orchestration = OrchestrationID(row[0])
        let seq: Int = row[1]
        self.init(
            orchestration: orchestration, project: ProjectID(row[2]), seq: seq, position: row[3],
            at: row.timestamp(at: 4),
            event: try row.decode(Event.self, at: 5) { "journal entry \(seq) of \(orchestration)" })
    }
}

extension OrchestrationRow {
    init(row: Row) throws {
        self.init(
            id: OrchestrationID(row[0]), project: ProjectID(row[1]), action: row[2], status: try row.word(at: 3),
            error: row[4], receivedAt: row.timestamp(at: 5),
            endedAt: (row[6] as Int64?).map(Timestamp.init(milliseconds:)))
    }
}

extension OutboxRow {
    init(row: Row) throws {
        self.init(
            key: IdempotencyKey(rawValue: row[0]), reference: try row.reference(at: 1), project: ProjectID(row[3]),
            service: ServiceID(row[4]), readyAt: row.timestamp(at: 5))
    }
}

extension WebhookDelivery {
    init(row: Row) throws {
        self.init(
            id: DeliveryID(row[0]), project: ProjectID(row[1]), orchestration: OrchestrationID(row[2]), url: row[3],
            secret: row[4], form: try row.word(at: 5), createdAt: row.timestamp(at: 6))
        state = try row.word(at: 7)
        attempts = row[8]
        nextAttempt = row.timestamp(at: 9)
        lastError = row[10]
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
