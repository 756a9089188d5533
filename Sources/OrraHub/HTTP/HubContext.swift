import HTTPTypes
import Hummingbird
import NIOCore
import OrraModel
import OrraProtocol

/// What a request carries through the router.
struct HubContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Whose key it came with. Set by ``Authentication``.
    var project: ProjectID?

    init(source: ApplicationRequestContextSource) { coreContext = .init(source: source) }

    /// The project of an authenticated route.
    func requireProject() throws(APIError) -> ProjectID {
        guard let project else { throw .invalidKey }
        return project
    }
}

extension APIError {
    static let invalidKey = APIError(
        .unauthorized, .invalidAPIKey,
        "the API key is missing or unknown; send it as Authorization: Bearer sk-orra-…")
    static let unavailable = APIError(
        .unavailable, .unavailable, "the hub can't take this now, and nothing was accepted; try again in a moment")

    var status: HTTPResponse.Status {
        switch code {
        case .invalidAPIKey: .unauthorized
        case .foreignService: .forbidden
        case .unknownRoute, .unknownOrchestration, .unknownService, .unknownCompensation, .unknownPlan,
            .unknownGrounding:
            .notFound
        case .bodyTooLarge: .contentTooLarge
        case .malformedJSON, .invalidRequest, .projectRegistrationFailed, .invalidService, .actionNotActionable,
            .invalidPlan:
            .badRequest
        // Another version is there already, or what came is none.
        case .invalidGrounding: kind == .invalidOperation ? .conflict : .badRequest
        case .alreadyEnded, .cannotRetry, .alreadyResolved, .idempotencyKeyReused, .notHeld, .planChanged: .conflict
        case .upgradeRequired: .upgradeRequired
        case .tooMany, .outboxFull, .tooManyLive, .planningBudgetSpent: .tooManyRequests
        case .unavailable, .plannerUnavailable: .serviceUnavailable
        case .internalError, .watcherLags: .internalServerError
        }
    }

    /// Seconds. What waits for a service, or for running actions to end, waits longer than a busy disk.
    private var retryAfter: Int? {
        switch code {
        case .outboxFull, .tooManyLive, .plannerUnavailable: 10
        // The month is over at another time.
        case .planningBudgetSpent: nil
        default: status == .serviceUnavailable || status == .tooManyRequests ? 1 : nil
        }
    }

    var response: Response {
        var response = (try? Response.json(Body(error: self), status: status)) ?? Response(status: status)
        if status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
        if let retryAfter { response.headers[.retryAfter] = "\(retryAfter)" }
        if status == .upgradeRequired { response.headers[.upgrade] = "websocket" }
        return response
    }
}

extension Response {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        Response(json: try WireEncoder().pieces(of: value), status: status)
    }

    init(json text: JSONPieces, status: HTTPResponse.Status) {
        self.init(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(text)))
    }
}

extension Request {
    /// Reads a bounded JSON body. Throws ``APIError`` with the place of the fault.
    func decode<Body: Decodable>(_ type: Body.Type) async throws -> Body {
        try Self.decode(type, from: try await bytes())
    }

    func bytes() async throws -> [UInt8] {
        do {
            return Array(try await body.collect(upTo: Limits.payloadBytes).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw APIError(
                .validation, .bodyTooLarge, "the body is larger than the limit of \(Limits.payloadBytes) bytes")
        }
    }

    static func decode<Body: Decodable>(_ type: Body.Type, from bytes: [UInt8]) throws -> Body {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw APIError(.validation, .malformedJSON, WireDecoder.describe(error))
        }
        do {
            return try WireDecoder(ignoresKeyCase: true).decode(type, from: value)
        } catch let error as APIError {
            throw error
        } catch {
            throw APIError(
                .validation, .invalidRequest, param: WireDecoder.path(of: error), WireDecoder.describe(error))
        }
    }
}
