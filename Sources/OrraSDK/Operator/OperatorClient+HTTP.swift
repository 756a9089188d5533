import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import OrraModel
import OrraProtocol

extension OperatorClient {
    /// Shared by all clients of the process, and never shut down. Unlike the library's own shared client it does not try a
    /// refused connection again until the request's deadline: a hub that is not there is to be told at once.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(10)
        configuration.redirectConfiguration = .disallow
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    struct Answer {
        var status: Int
        var body: [UInt8]
        var version: String?
    }

    func get<Value: Decodable>(_ path: String) async throws -> Value {
        try decode(await exchange(.GET, path, body: nil, timeout: settings.requestTimeout))
    }

    func post<Value: Decodable>(_ path: String) async throws -> Value {
        try decode(await exchange(.POST, path, body: nil, timeout: settings.requestTimeout))
    }

    func post<Value: Decodable>(
        _ path: String, _ body: some Encodable, headers: HTTPHeaders = [:], timeout: Duration? = nil
    ) async throws -> Value {
        let body = try WireEncoder().encode(body)
        return try decode(
            await exchange(.POST, path, headers: headers, body: body, timeout: timeout ?? settings.requestTimeout))
    }

    func put<Value: Decodable>(_ path: String, _ body: some Encodable) async throws -> Value {
        let body = try WireEncoder().encode(body)
        return try decode(await exchange(.PUT, path, body: body, timeout: settings.requestTimeout))
    }

    func delete(_ path: String) async throws {
        _ = try await exchange(.DELETE, path, body: nil, timeout: settings.requestTimeout)
    }

    private func decode<Value: Decodable>(_ answer: Answer) throws -> Value {
        do {
            return try WireDecoder(maximumDepth: Limits.storedJSONDepth).decode(Value.self, from: answer.body)
        } catch {
            throw OperatorError.unexpectedAnswer(
                address, status: answer.status, reason: WireDecoder.describe(error))
        }
    }

    /// Sends one request and reads its whole answer, which is a success or becomes an error.
    func exchange(
        _ method: HTTPMethod, _ path: String, headers: HTTPHeaders = [:], body: [UInt8]?, timeout: Duration
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: address.text + path)
        request.method = method
        request.headers = headers
        request.headers.add(name: "Accept", value: "application/json")
        if let apiKey { request.headers.add(name: "Authorization", value: "Bearer \(apiKey)") }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let answer: Answer
        do {
            let deadline = NIODeadline.now() + TimeAmount(timeout)
            let response = try await Self.http.execute(request, deadline: deadline)
            let bytes = try await response.body.collect(upTo: settings.answerBytes)
            answer = Answer(
                status: Int(response.status.code), body: Array(bytes.readableBytesView),
                version: response.headers.first(name: "X-Orra-PlaneEngine-Version"))
        } catch is CancellationError {
            throw CancellationError()
        } catch is NIOTooManyBytesError {
            throw OperatorError.unexpectedAnswer(
                address, status: nil, reason: "its answer is longer than \(settings.answerBytes) bytes")
        } catch {
            if Task.isCancelled { throw CancellationError() }
            throw OperatorError.unreachable(address, reason: Self.reason(error, timeout))
        }
        guard (200..<300).contains(answer.status) else { throw refusal(status: answer.status, body: answer.body) }
        return answer
    }

    /// The hub's own error, if the answer holds one.
    func refusal(status: Int, body: [UInt8]) -> OperatorError {
        if let error = try? WireDecoder().decode(APIError.Body.self, from: body).error {
            return .refused(status: status, error)
        }
        return .unexpectedAnswer(address, status: status, reason: "without the error that a hub would give")
    }

    private static func reason(_ error: any Error, _ timeout: Duration) -> String {
        switch error {
        case let error as NIOConnectionError:
            // One error for each address that was tried; they mostly say the same.
            guard let tried = error.connectionErrors.first?.error else { return "the host's name is unknown" }
            return reason(tried, timeout)
        case let error as IOError: return systemReason(error)
        case let error as HTTPClientError where error == .connectTimeout: return "it does not take the connection"
        case let error as HTTPClientError where [.deadlineExceeded, .readTimeout].contains(error):
            return "no answer within \(timeout.components.seconds) s"
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            return "the connection was closed before the answer"
        case ChannelError.connectTimeout: return "it does not take the connection"
        default: return "\(type(of: error)): \(error)"
        }
    }

    private static func systemReason(_ error: IOError) -> String {
        let text = "\(error)"
        return text.lowercased().contains("refused") ? "the connection was refused" : text
    }
}
