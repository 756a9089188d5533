import Foundation
import OrraStore

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
