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
            do {
                bodies.append(
                    try WireDecoder(maximumDepth: Limits.storedJSONDepth).decode(type, from: document.body.bytes))
            } catch {
                throw StoreError(
                    .damaged,
                    "the stored \(kind.rawValue) \(document.name) can't be read (\(WireDecoder.describe(error)))")
            }
        }
        return bodies
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
