import OrraEngine
import OrraModel
import OrraStore
import Testing

/// Journals as they are read in parts, however a store groups what it writes.
extension StoreConformance {
    /// Two orchestrations: entries 1 to 5 of the first at positions 1 to 5, one of the second at 6, then 6 to 8 of the
    /// first at 7, 8 and 10.
    private func fill(_ store: any Store) async throws -> [JournalEntry] {
        let first = (1...5).map { S.entry(1, $0, position: Int64($0), at: 1) }
        let second = S.entry(2, 1, position: 6, at: 1)
        let rest = [6, 7, 8].map { S.entry(1, $0, position: $0 == 8 ? 10 : Int64($0 + 1), at: 1) }
        let entries = first + [second] + rest
        try await store.commit(
            S.base + [.orchestration(S.row(1)), .orchestration(S.row(2))] + entries.map(Write.journal))
        return entries
    }

    @Test(
        "a journal that was written at once is read from any number, as far as is asked",
        arguments: StoreBackend.allCases)
    func journalParts(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            let entries = try await fill(store)
            let own = entries.filter { $0.orchestration == S.id(1) }
            for after in -1...9 {
                for limit in [0, 1, 2, 5, 9, .max] {
                    let wanted = own.filter { $0.seq > after }.prefix(limit)
                    #expect(try await store.journal(of: S.id(1), after: after, limit: limit) == Array(wanted))
                }
            }
            for after in Int64(-1)...11 {
                for limit in [0, 1, 2, 5, 9, .max] {
                    let wanted = Array(entries.filter { $0.position > after }.prefix(limit))
                    #expect(
                        try await store.journal(of: S.project.id, afterPosition: after, limit: limit) == wanted)
                    #expect(
                        try await store.progress(of: S.project.id, afterPosition: after, limit: limit)
                            == wanted.map(ProjectEntry.orchestration))
                }
            }
            #expect(try await store.journal(of: S.id(1), after: .max, limit: .max).isEmpty)
            #expect(try await store.journal(of: S.project.id, afterPosition: .max, limit: .max).isEmpty)
        }
    }

    @Test("a number within what was written at once is taken", arguments: StoreBackend.allCases)
    func takenNumbers(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            let entries = try await fill(store)
            for seq in 1...8 { await constraint(store, [.journal(S.entry(1, seq, position: 20))]) }
            for position in [1, 3, 5, 6, 7, 8, 10] as [Int64] {
                await constraint(store, [.journal(S.entry(1, 9, position: position))])
            }
            // Several at once that reach into what is there.
            await constraint(
                store, [.journal(S.entry(2, 2, position: 9, at: 1)), .journal(S.entry(2, 3, position: 10, at: 1))])
            #expect(try await store.journal(of: S.project.id, afterPosition: 0, limit: .max) == entries)
            // One that nobody has is taken, though others stand behind it.
            try await store.commit([.journal(S.entry(2, 2, position: 9))])
            #expect(try await store.journal(of: S.project.id, afterPosition: 8, limit: 1).map(\.position) == [9])
        }
    }

    @Test("the last position survives, whatever was written with it", arguments: StoreBackend.allCases)
    func lastPosition(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            _ = try await fill(opened.store)
            try await opened.reopen()
            let store = opened.store
            let recovery = try await store.recover()
            #expect(recovery.positions[S.project.id] == 10)
            #expect(recovery.live.map { $0.map(\.seq) } == [Array(1...8), [1]])
        }
    }

    @Test("large payloads make pages of a journal short, unless all is asked for", arguments: StoreBackend.allCases)
    func largeJournal(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            let large = S.completed(1, RawJSON(.string(String(repeating: "x", count: Limits.watcherPageBytes * 2 / 3))))
            let entries = (1...5).map {
                S.entry(1, $0, position: Int64($0), at: Int64($0), event: $0 == 1 ? nil : large)
            }
            try await store.commit(S.base + [.orchestration(S.row(1))] + entries.map(Write.journal))
            var told: [JournalEntry] = []
            while case let page = try await store.journal(of: S.id(1), after: told.count, limit: 99), !page.isEmpty {
                told += page
                if backend == .sqlite { #expect(page.count <= 3) }
            }
            #expect(told == entries)
            #expect(try await store.journal(of: S.id(1), after: 0, limit: .max) == entries)
        }
    }
}
