import OrraModel
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

    @Test("a commit whose outcome is unknown is found after a crash, and only then")
    func unknownOutcome() async throws {
        let store = InMemoryStore()
        let lost = StoreError(.unavailable, "the disk did not answer")
        try await store.commit(Samples.base)
        store.failNextCommits(with: lost, isWritten: true)
        let error = await #expect(throws: StoreError.self) {
            try await store.commit([.orchestration(Samples.row(1))])
        }
        #expect(error == lost)
        #expect(try await store.orchestration(Samples.id(1)) == nil)
        let successor = InMemoryStore(store.snapshot())
        #expect(try await successor.orchestration(Samples.id(1)) == Samples.row(1))
        // The next commit is written over it; the same batch may be tried again.
        try await store.commit([.orchestration(Samples.row(2))])
        #expect(try await InMemoryStore(store.snapshot()).orchestration(Samples.id(1)) == nil)
        try await store.commit([.orchestration(Samples.row(1))])
        #expect(try await InMemoryStore(store.snapshot()).orchestrations(of: Samples.project.id, limit: 9).count == 2)
    }

    @Test("an impossible batch is refused, also when its outcome would be unknown")
    func unknownOutcomeOfImpossible() async throws {
        let store = InMemoryStore()
        store.failNextCommits(with: StoreError(.unavailable, "the disk did not answer"), isWritten: true)
        let error = await #expect(throws: StoreError.self) {
            try await store.commit([.orchestration(Samples.row(1))])
        }
        #expect(error?.code == .constraint)
        #expect(try await InMemoryStore(store.snapshot()).recover().projects.isEmpty)
        try await store.commit(Samples.base)
    }

    @Test("what was asked to fail can be taken back")
    func healing() async throws {
        let store = InMemoryStore()
        store.failNextCommits(9, with: StoreError(.unavailable, "the disk is full"))
        store.heal()
        try await store.commit(Samples.base)
        #expect(try await store.recover().projects.count == 2)
    }
}
