import OrraEngine
import OrraModel
import OrraStore
import Testing

extension StoreConformance {
    // MARK: - Documents

    func documents(
        _ store: any Store, _ kind: ProjectDocument.Kind, of project: ProjectID = S.project.id, limit: Int = 99
    ) async throws -> [ProjectDocument] {
        try await store.documents(of: project, kind: kind, limit: limit)
    }

    @Test("documents come newest first, then by name, up to a limit", arguments: StoreBackend.allCases)
    func documents(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let all = [
                S.document("b", at: 5), S.document("a", at: 9), S.document("c", at: 5), S.document("é", at: 1),
            ]
            try await opened.store.commit(S.base + all.map(Write.document))
            try await opened.reopen()
            let store = opened.store
            let sorted = [all[1], all[2], all[0], all[3]]
            #expect(try await documents(store, .grounding) == sorted)
            for limit in 0...4 {
                #expect(try await documents(store, .grounding, limit: limit) == Array(sorted[..<limit]))
            }
            #expect(try await documents(store, .grounding, limit: -1).isEmpty)
        }
    }

    @Test(
        "one document is found by its name, and names come in the order of documents", arguments: StoreBackend.allCases)
    func oneDocument(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let all = [S.document("b", at: 5), S.document("a", at: 9), S.document("a%", at: 5), S.document("", at: 1)]
            let foreign = [
                S.document("a", kind: .pinnedPlan, body: [1]), S.document("a", project: S.otherProject.id, body: [2]),
            ]
            try await opened.store.commit(S.base + (all + foreign).map(Write.document))
            try await opened.reopen()
            let store = opened.store
            func one(_ name: String, _ kind: ProjectDocument.Kind = .grounding, of project: ProjectID = S.project.id)
                async throws -> ProjectDocument?
            {
                try await store.document(of: project, kind: kind, name: name)
            }
            for document in all { #expect(try await one(document.name) == document) }
            #expect(try await one("a", .pinnedPlan) == foreign[0])
            #expect(try await one("a", of: S.otherProject.id) == foreign[1])
            for name in ["A", "c", "%"] { #expect(try await one(name) == nil) }
            #expect(try await one("b", .pinnedPlan) == nil)
            #expect(try await one("b", of: S.otherProject.id) == nil)
            for limit in [-1, 0, 2, 9] {
                #expect(
                    try await store.documentNames(of: S.project.id, kind: .grounding, limit: limit)
                        == documents(store, .grounding, limit: limit).map(\.name))
            }
            let later = S.document("b", at: 3, body: ["new": true])
            try await store.commit([.document(later), .deleteDocuments(S.project.id, .grounding, names: ["a"])])
            #expect(try await one("b") == later)
            #expect(try await one("a") == nil)
        }
    }

    @Test("a document is replaced by its name, and takes its place among the newest", arguments: StoreBackend.allCases)
    func replacedDocuments(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            try await store.commit(S.base + [.document(S.document("a", at: 1)), .document(S.document("b", at: 2))])
            let later = S.document("a", at: 3, body: ["new": [1, nil]])
            try await store.commit([.document(later)])
            #expect(try await documents(store, .grounding) == [later, S.document("b", at: 2)])
            // A time may go back as well: the last one written counts.
            let earlier = S.document("a", at: 1, body: [])
            try await store.commit([.document(later), .document(earlier)])
            #expect(try await documents(store, .grounding) == [S.document("b", at: 2), earlier])
        }
    }

    @Test("kinds and projects have names of their own", arguments: StoreBackend.allCases)
    func documentNames(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let kinds = ProjectDocument.Kind.allCases
            let own = kinds.map { S.document("same", kind: $0, body: .string($0.rawValue)) }
            let foreign = kinds.map { S.document("same", kind: $0, project: S.otherProject.id, body: [true]) }
            try await opened.store.commit(S.base + (own + foreign).map(Write.document))
            try await opened.reopen()
            let store = opened.store
            for (index, kind) in kinds.enumerated() {
                #expect(try await documents(store, kind) == [own[index]])
                #expect(try await documents(store, kind, of: S.otherProject.id) == [foreign[index]])
            }
            try await store.commit([.deleteDocuments(S.project.id, .cachedPlan, names: ["same"])])
            #expect(try await documents(store, .cachedPlan).isEmpty)
            #expect(try await documents(store, .cachedPlan, of: S.otherProject.id).count == 1)
            #expect(try await documents(store, .pinnedPlan) == [own[2]])
        }
    }

    @Test("deleting takes the names that are there, in the order of the batch", arguments: StoreBackend.allCases)
    func deletedDocuments(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let all = ["a", "b", "c", "A", "a%", ""].enumerated().map { S.document($1, at: Int64($0)) }
            try await opened.store.commit(S.base + all.map(Write.document))
            try await opened.store.commit([
                .deleteDocuments(S.project.id, .grounding, names: ["b", "nothing", "b", "a%"]),
                .deleteDocuments(S.project.id, .grounding, names: []),
                .deleteDocuments(S.project.id, .pinnedPlan, names: ["a"]),
                .deleteDocuments(ProjectID("p_nobody"), .grounding, names: ["a"]),
            ])
            try await opened.reopen()
            let store = opened.store
            #expect(try await documents(store, .grounding) == [all[5], all[3], all[2], all[0]])
            let anew = S.document("a", at: 50)
            try await store.commit([
                .deleteDocuments(S.project.id, .grounding, names: ["a", "c", "", "A"]), .document(anew),
                .document(S.document("d", at: 51)), .deleteDocuments(S.project.id, .grounding, names: ["d"]),
            ])
            #expect(try await documents(store, .grounding) == [anew])
        }
    }

    @Test(
        "a document of a project that is not there is refused, and nothing of its batch is kept",
        arguments: StoreBackend.allCases)
    func foreignDocuments(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let store = opened.store
            let nobody = ProjectID("p_nobody")
            try await store.commit(S.base + [.document(S.document("kept"))])
            await constraint(
                store,
                [
                    .document(S.document("a")), .deleteDocuments(S.project.id, .grounding, names: ["kept"]),
                    .document(S.document("b", project: nobody)),
                ])
            #expect(try await documents(store, .grounding) == [S.document("kept")])
            #expect(try await documents(store, .grounding, of: nobody).isEmpty)
            // Its project may come in the same batch, before it.
            let project = Project(id: nobody, name: "now somebody", createdAt: S.at(3))
            await constraint(store, [.document(S.document("b", project: nobody)), .project(project)])
            try await store.commit([.project(project), .document(S.document("b", project: nobody))])
            #expect(try await documents(store, .grounding, of: nobody).count == 1)
        }
    }

    @Test("a body comes back byte by byte, however large and deep", arguments: StoreBackend.allCases)
    func documentBodies(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            let deep = String(repeating: "[", count: Limits.jsonDepth) + String(repeating: "]", count: Limits.jsonDepth)
            let texts = [
                #"{"b":1.50,"a":"é\n\u0001","c":12345678901234567890,"":null}"#, #""text""#, "null", deep,
                #"{"a":""# + String(repeating: "é", count: Limits.groundingBytes) + #""}"#,
            ]
            let all = try texts.enumerated().map { index, text in
                let body = try RawJSON(validating: Array(text.utf8))
                return ProjectDocument(
                    project: S.project.id, kind: .modelSpending, name: "\(index)", body: body,
                    at: S.at(Int64(100 - index)))
            }
            try await opened.store.commit(S.base + all.map(Write.document))
            try await opened.reopen()
            #expect(try await documents(opened.store, .modelSpending) == all)
        }
    }

    // MARK: - Why it is paused

    @Test("a row says what it waits for, until it no longer waits", arguments: StoreBackend.allCases)
    func pauseReasons(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            var rows = PauseReason.allCases.enumerated().map { index, reason in
                var row = S.row(index + 1, status: .paused)
                row.pauseReason = reason
                return row
            }
            rows.append(S.row(4))
            try await opened.store.commit(S.base + rows.map(Write.orchestration))
            try await opened.reopen()
            let store = opened.store
            #expect(try await store.orchestrations(of: S.project.id, limit: 9) == rows.reversed())
            for row in rows { #expect(try await store.orchestration(row.id) == row) }
            rows[1].status = .processing
            rows[1].pauseReason = nil
            rows[3].status = .paused
            rows[3].pauseReason = .approval
            try await store.commit([.orchestration(rows[1]), .orchestration(rows[3])])
            #expect(try await store.orchestrations(of: S.project.id, limit: 9) == rows.reversed())
        }
    }

    @Test("a webhook that asks for a yes is kept as what it is", arguments: StoreBackend.allCases)
    func approvalDeliveries(_ backend: StoreBackend) async throws {
        try await backend.open { opened in
            var pending = S.delivery("a", orchestration: 1, createdAt: 1, state: .pending)
            pending.subject = .approvalRequested
            var failed = S.delivery("b", orchestration: 1, createdAt: 2, state: .failed)
            failed.subject = .approvalRequested
            try await opened.store.commit(
                S.base + [.orchestration(S.row(1)), .delivery(pending), .delivery(failed)])
            try await opened.reopen()
            #expect(try await opened.store.recover().deliveries == [pending])
            #expect(try await opened.store.failedDeliveries(of: S.project.id, limit: 9) == [failed])
        }
    }
}
