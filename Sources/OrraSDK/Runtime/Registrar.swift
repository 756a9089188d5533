import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import OrraModel
import OrraProtocol

/// Registers a component by HTTP, and tries again for as long as the hub is away.
struct Registrar: Sendable {
    let url: String
    let key: String
    let backoff: Backoff
    let logger: Logger

    /// - Throws: ``ComponentError`` when the hub refuses for good, `CancellationError`.
    func register(_ request: RegistrationRequest) async throws -> RegistrationAnswer {
        var configuration = HTTPClient.Configuration(timeout: .init(connect: .seconds(10)))
        // Trying again is this type's business, which says so in the log.
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let answer = try await register(try WireEncoder().encode(request), with: client)
            try? await client.shutdown()
            return answer
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    private func register(_ body: [UInt8], with client: HTTPClient) async throws -> RegistrationAnswer {
        var backoff = backoff
        while true {
            switch try await attempt(body, with: client) {
            case .registered(let answer): return answer
            case .refused(let message): throw ComponentError(.refused, message)
            case .failed(let reason):
                logger.warning("hub not reached", metadata: ["reason": "\(reason)"])
                try await Task.sleep(for: backoff.next(fraction: .random(in: 0..<1)))
            }
        }
    }

    private func attempt(_ body: [UInt8], with client: HTTPClient) async throws -> RegistrationVerdict {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers = [
            "Authorization": "Bearer \(key)", "Content-Type": "application/json", "User-Agent": SDKVersion.userAgent,
        ]
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            let response = try await client.execute(request, timeout: .seconds(30))
            let answer = try await response.body.collect(upTo: 1024 * 1024)
            return RegistrationVerdict(status: Int(response.status.code), body: Array(answer.readableBytesView))
        } catch {
            try Task.checkCancellation()
            return .failed(reason: "\(error)")
        }
    }
}

/// What an answer to a registration means.
enum RegistrationVerdict: Equatable {
    case registered(RegistrationAnswer)
    /// It would be refused again: a key, name or schema is wrong, or there is no hub.
    case refused(message: String)
    /// To be tried again.
    case failed(reason: String)

    init(status: Int, body: [UInt8]) {
        switch status {
        case 200..<300:
            guard let answer = try? WireDecoder().decode(RegistrationAnswer.self, from: body), Self.isSafe(answer.id)
            else {
                self = .refused(message: "what answers at the hub's URL is no Orra hub")
                return
            }
            self = .registered(answer)
        case 408, 429: self = .failed(reason: "status \(status)")
        case 400..<500:
            self = .refused(message: "the hub refused the registration: \(Self.message(status: status, body))")
        default: self = .failed(reason: "status \(status)")
        }
    }

    /// The hub's own words, or the status.
    static func message(status: Int, _ body: [UInt8]) -> String {
        guard let error = try? WireDecoder().decode(APIError.Body.self, from: body).error else {
            return "status \(status)"
        }
        return String(((error.param.map { "\($0): " } ?? "") + error.message).prefix(1_024))
    }

    /// The id becomes a part of a URL.
    private static func isSafe(_ id: ServiceID) -> Bool {
        (1...128).contains(id.rawValue.utf8.count)
            && id.rawValue.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

enum SDKVersion {
    /// The hub knows by it that a `hello` follows.
    static let userAgent = "orra-swift/\(OrraVersion.current)"
}
