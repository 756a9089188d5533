import OrraCore
import OrraModel
import OrraStore

/// What belongs to a project and is no orchestration: groundings, kept plans, settings. Read from the store, written
/// through the core.
struct ProjectDocuments: Sendable {
    let loop: HubLoop
    let store: any Store

    /// Newest first. One that this version can't read is `.damaged`.
    func all<Body: Decodable>(
        _ kind: ProjectDocument.Kind, of project: ProjectID, limit: Int, as type: Body.Type = Body.self
    ) async throws(StoreError) -> [Body] {
        var bodies: [Body] = []
        for document in try await store.documents(of: project, kind: kind, limit: limit) {
            bodies.append(try Self.read(document))
        }
        return bodies
    }

    /// The one of this name, if there is one.
    func one<Body: Decodable>(
        _ kind: ProjectDocument.Kind, named name: String, of project: ProjectID, as type: Body.Type = Body.self
    ) async throws(StoreError) -> Body? {
        guard let document = try await store.document(of: project, kind: kind, name: name) else { return nil }
        return try Self.read(document)
    }

    /// What can be read, newest first, and the names of what can't.
    func readable<Body: Decodable>(
        _ kind: ProjectDocument.Kind, of project: ProjectID, limit: Int, as type: Body.Type = Body.self
    ) async throws(StoreError) -> (bodies: [Body], damaged: [String]) {
        var documents: [ProjectDocument] = []
        var damaged: [String] = []
        do throws(StoreError) {
            documents = try await store.documents(of: project, kind: kind, limit: limit)
        } catch {
            guard error.code == .damaged else { throw error }
            // Not even the store can read one of them: which, is found out one by one.
            for name in try await store.documentNames(of: project, kind: kind, limit: limit) {
                do throws(StoreError) {
                    guard let document = try await store.document(of: project, kind: kind, name: name) else { continue }
                    documents.append(document)
                } catch {
                    guard error.code == .damaged else { throw error }
                    damaged.append(name)
                }
            }
        }
        var bodies: [Body] = []
        for document in documents {
            if let body: Body = try? Self.read(document) { bodies.append(body) } else { damaged.append(document.name) }
        }
        return (bodies, damaged)
    }

    private static func read<Body: Decodable>(_ document: ProjectDocument) throws(StoreError) -> Body {
        do {
            return try WireDecoder(maximumDepth: Limits.storedJSONDepth).decode(Body.self, from: document.body.bytes)
        } catch {
            throw StoreError(
                .damaged,
                "the stored \(document.kind.rawValue) \(document.name) can't be read (\(WireDecoder.describe(error)))")
        }
    }

    func keep(
        _ body: some Encodable, as kind: ProjectDocument.Kind, named name: String, of project: ProjectID,
        at: Timestamp? = nil
    ) async throws(RequestFailure) {
        let json: RawJSON
        do { json = try RawJSON(validating: WireEncoder().encode(body)) } catch { throw .rejected }
        _ = try await loop.request(
            .keep(ProjectDocument(project: project, kind: kind, name: name, body: json, at: at ?? loop.now)))
    }

    func discard(
        _ names: [String], of kind: ProjectDocument.Kind, from project: ProjectID
    ) async throws(RequestFailure) {
        _ = try await loop.request(.discard(project, kind, names: names))
    }
}
