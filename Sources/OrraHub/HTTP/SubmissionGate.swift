import Crypto
import HTTPTypes
import Hummingbird
import NIOCore
import OrraModel
import OrraProtocol

/// Lets one submission of a name in at a time: the second finds what the first has kept.
actor SubmissionGate {
    /// A caller's own key, within its project.
    struct Name: Hashable, Sendable {
        var project: ProjectID
        var key: String
    }

    private var inside: Set<Name> = []
    private var waiting: [Name: [CheckedContinuation<Void, Never>]] = [:]

    nonisolated func alone<Result>(_ name: Name, _ body: () async throws -> Result) async throws -> Result {
        await enter(name)
        do {
            let result = try await body()
            await leave(name)
            return result
        } catch {
            await leave(name)
            throw error
        }
    }

    private func enter(_ name: Name) async {
        guard !inside.insert(name).inserted else { return }
        // Whoever leaves hands the place over.
        await withCheckedContinuation { waiting[name, default: []].append($0) }
    }

    private func leave(_ name: Name) {
        guard var others = waiting[name], !others.isEmpty else {
            inside.remove(name)
            return
        }
        let next = others.removeFirst()
        waiting[name] = others.isEmpty ? nil : others
        next.resume()
    }
}

extension HTTPFields {
    /// The field of this name; a text that is no name has none.
    subscript(named name: String) -> String? {
        get { HTTPField.Name(name).flatMap { self[$0] } }
        set { if let name = HTTPField.Name(name) { self[name] = newValue } }
    }
}

extension Hummingbird.Request {
    /// `nil` when the caller sent none.
    func submissionKey() throws(APIError) -> String? {
        guard let key = headers[named: IdempotencyHeader.key] else { return nil }
        guard IdempotencyHeader.isValid(key) else {
            throw APIError(
                .validation, .invalidRequest, param: IdempotencyHeader.key,
                "an Idempotency-Key has 1 to \(Limits.submissionKeyCharacters) visible ASCII characters")
        }
        return key
    }

    /// The body, and the SHA-256 of its bytes in hexadecimal.
    func decodeAndHash<Body: Decodable>(_ type: Body.Type) async throws -> (Body, String) {
        let bytes = try await bytes()
        return (try Self.decode(type, from: bytes), SHA256.hash(data: bytes).hexadecimal)
    }
}
