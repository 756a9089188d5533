import OrraStore
import Testing

@Suite("In-memory store")
struct InMemoryStoreTests {
    @Test("a fault is thrown once for each time that was asked for, and nothing is written")
    func faults() async throws {
        let store = InMemoryStore()
        let full = StoreError(.unavailable, "the disk is full")
        store.failNextCommits(2, with: full)
        for _ in 0..<2 {
            let error = await #expect(throws: StoreError.self) { try await store.commit(Samples.base) }
            #expect(error == full)
        }
        #expect(try await store.recover().projects.isEmpty)
        try await store.commit(Samples.base)
        #expect(try await store.recover().projects.count == 2)
    }

    @Test("a snapshot holds what was committed when it was taken")
    func snapshots() async throws {
        let store = InMemoryStore()
        try await store.commit(Samples.base)
        let snapshot = store.snapshot()
        try await store.commit([.orchestration(Samples.row(1))])
        let successor = InMemoryStore(snapshot)
        #expect(try await successor.recover().projects.count == 2)
        #expect(try await successor.orchestration(Samples.id(1)) == nil)
        #expect(try await store.orchestration(Samples.id(1)) != nil)
    }
}
