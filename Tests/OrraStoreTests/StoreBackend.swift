import Foundation
import GRDB
import OrraEngine
import OrraModel

@testable import OrraStore

/// The stores that the conformance suite runs over.
enum StoreBackend: String, CaseIterable, Sendable, CustomStringConvertible {
    case inMemory, sqlite

    var description: String { rawValue }

    /// Opens a new, empty store for the time of `body`.
    func open(_ body: (OpenStore) async throws -> Void) async throws {
        switch self {
        case .inMemory:
            let opened = OpenStore(InMemoryStore()) { old in
                guard let old = old as? InMemoryStore else { return old }
                let snapshot = old.snapshot()
                await old.close()
                return InMemoryStore(snapshot)
            }
            try await body(opened)
        case .sqlite:
            try await TemporaryDirectory.use { directory in
                let opened = OpenStore(try await SQLiteStore.open(directory: directory)) { old in
                    await old.close()
                    return try await SQLiteStore.open(directory: directory)
                }
                do { try await body(opened) } catch {
                    await opened.store.close()
                    throw error
                }
                await opened.store.close()
            }
        }
    }
}

/// A store and the way to close it and open what it left.
final class OpenStore {
    private(set) var store: any Store
    private let successor: (any Store) async throws -> any Store

    init(_ store: any Store, successor: @escaping (any Store) async throws -> any Store) {
        self.store = store
        self.successor = successor
    }

    func reopen() async throws { store = try await successor(store) }
}

/// What a test does behind the store's back, or sees there.
extension OpenStore {
    func damage(_ orchestration: OrchestrationID, seq: Int) async throws {
        switch store {
        case let memory as InMemoryStore: memory.damage(orchestration, seq: seq)
        case let sqlite as SQLiteStore:
            try await sqlite.pool.write {
                try $0.execute(
                    sql: """
                        UPDATE journal SET event = '{"v":1,"type":"received","action":"hush"}'
                        WHERE orchestration = ? AND seq = ?
                        """, arguments: [orchestration.rawValue, seq])
            }
        default: break
        }
    }

    func damage(_ service: ServiceID) async throws {
        switch store {
        case let memory as InMemoryStore: memory.damage(service)
        case let sqlite as SQLiteStore:
            try await sqlite.pool.write {
                try $0.execute(
                    sql: #"UPDATE services SET definition = '{"hush":1}' WHERE id = ?"#, arguments: [service.rawValue])
            }
        default: break
        }
    }

    /// Everything that is stored, in every table, as text.
    func contents() async throws -> String {
        switch store {
        case let memory as InMemoryStore:
            var text = ""
            dump(memory.snapshot().tables, to: &text)
            return text
        case let sqlite as SQLiteStore:
            return try await sqlite.pool.read { database in
                let tables = try String.fetchAll(database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
                return try tables.map { table in
                    let rows = try Row.fetchAll(database, sql: "SELECT * FROM \(table)")
                    return ([table] + rows.map(\.description)).joined(separator: "\n")
                }.joined(separator: "\n")
            }
        default: return ""
        }
    }

    /// Rows of its journal, hidden or not.
    func journalRows(of orchestration: OrchestrationID) async throws -> Int? {
        switch store {
        case let memory as InMemoryStore:
            let tables = memory.snapshot().tables
            let rows = tables.journals[orchestration, default: []].count
            let projected = tables.projectJournals.values.joined().filter { $0.orchestration == orchestration }.count
            return rows == projected ? rows : nil
        case let sqlite as SQLiteStore:
            return try await sqlite.pool.read {
                try Int.fetchOne(
                    $0, sql: "SELECT count(*) FROM journal WHERE orchestration = ?", arguments: [orchestration.rawValue]
                )
            }
        default: return nil
        }
    }
}

enum TemporaryDirectory {
    static func use(_ body: (String) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "/orra-store-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        do { try await body(path) } catch {
            try? FileManager.default.removeItem(atPath: path)
            throw error
        }
        try FileManager.default.removeItem(atPath: path)
    }
}
