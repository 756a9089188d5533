import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OrraModel
import OrraPlanner
import Synchronization

/// One endpoint of the OpenAI kind: posts JSON with the key, tries again what may pass, and gives up in time.
///
/// Nothing that the endpoint sends with an error goes into a reason: such bodies may hold prompts and keys.
final class ModelEndpoint: Sendable {
    /// What came back and is worth reading: a success, or a complaint about the request.
    struct Reply: Sendable {
        var status: Int
        var body: [UInt8]
        var isSuccess: Bool { (200..<300).contains(status) }
    }

    /// What was sent for one answer.
    struct Sent: Sendable, Hashable {
        /// Tries again included.
        var requests = 0
        /// Of requests whose answer never came, or not whole: their makers bill them all the same.
        var lostBytes = 0
        /// A quarter of the bytes, as for all that no endpoint counts.
        var lostTokens: Int { lostBytes / 4 }
    }

    private enum Attempt: Sendable {
        case reply(Reply)
        /// May pass; `wait` is what the endpoint asks for.
        case again(ModelFault, wait: Duration?)
        /// The connection was cut while the answer was awaited or read. May pass.
        case cut(ModelFault)
        case fault(ModelFault)
        case cancelled
    }

    /// Requests for one answer.
    static let tries = Limits.modelRequests
    static let firstWait = Duration.milliseconds(500)
    /// The longest that the endpoint may ask to wait. If it asks for more there is no other try.
    static let longestWait = Duration.seconds(30)
    /// Bytes of an error's body that are looked at.
    static let complaintBytes = 64 * 1024

    /// `LLM` or `EMBEDDINGS`: how its variables start.
    private let variables: String
    private let baseURL: String
    private let key: String?
    private let client: HTTPClient
    private let clock: ModelClock
    private let maximumBytes: Int
    private let breaker = Mutex(CircuitBreaker())

    init(
        _ variables: String, baseURL: String, key: String?, maximumBytes: Int, client: HTTPClient, clock: ModelClock
    ) {
        self.variables = variables
        self.baseURL = baseURL
        self.key = key
        self.maximumBytes = maximumBytes
        self.client = client
        self.clock = clock
    }

    /// How the clients of models connect: faults come at once, and tries again are the endpoint's own business.
    static var connections: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(10)))
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    /// `api.openai.com`, for people.
    var host: String {
        let parts = baseURL.split(separator: "/", omittingEmptySubsequences: true)
        return parts.count > 1 ? String(parts[1]) : baseURL
    }

    /// - Parameters:
    ///   - deadline: by the clock's elapsed time; tries again included.
    ///   - sent: counted up.
    func post(
        _ path: String, _ body: [UInt8], until deadline: Duration, _ sent: inout Sent
    ) async throws(ModelFault) -> Reply {
        var last: ModelFault?
        for number in 0..<Self.tries {
            let permission = breaker.withLock { $0.ask(at: clock.elapsed()) }
            if case .refused(let wait) = permission {
                throw last
                    ?? ModelFault(
                        .circuitOpen,
                        "\(host) failed \(CircuitBreaker.faultsInARow) times in a row and is left alone for another "
                            + "\(max(1, wait.components.seconds)) s")
            }
            let left = deadline - clock.elapsed()
            guard left > .zero else {
                breaker.withLock { $0.abandoned(permission, at: clock.elapsed()) }
                throw last ?? timedOut
            }
            sent.requests += 1
            let asked: Duration?
            switch await attempt(path, body, within: left) {
            case .reply(let reply):
                breaker.withLock { $0.succeeded() }
                return reply
            case .fault(let fault):
                sent.lostBytes += body.count
                breaker.withLock {
                    if fault.kind == .timedOut { $0.failed(permission, at: clock.elapsed()) } else { $0.succeeded() }
                }
                throw fault
            case .cancelled:
                sent.lostBytes += body.count
                breaker.withLock { $0.abandoned(permission, at: clock.elapsed()) }
                throw ModelFault(.unreachable, "nobody waits for \(host)'s answer any more")
            case .again(let fault, let wait):
                breaker.withLock { $0.failed(permission, at: clock.elapsed()) }
                last = fault
                asked = wait
            case .cut(let fault):
                sent.lostBytes += body.count
                breaker.withLock { $0.failed(permission, at: clock.elapsed()) }
                last = fault
                asked = nil
            }
            guard let fault = last else { continue }
            let pause = max(asked ?? .zero, backoff(number))
            guard number + 1 < Self.tries, pause <= Self.longestWait, clock.elapsed() + pause < deadline,
                !breaker.withLock({ $0.isOpen })
            else { throw fault }
            do { try await clock.sleep(pause) } catch { throw fault }
        }
        throw last ?? timedOut
    }

    /// 500 ms, then twice that, between half and all of it by chance.
    private func backoff(_ number: Int) -> Duration {
        let full = Self.firstWait * (1 << number)
        return full / 2 + .milliseconds(Int64(Double((full / 2).milliseconds) * clock.chance()))
    }

    private var timedOut: ModelFault {
        ModelFault(
            .timedOut,
            "\(host) did not answer in time: \(variables == "LLM" ? "LLM_TIMEOUT sets how long" : "is it up?")")
    }

    // MARK: - One request

    private func attempt(_ path: String, _ body: [UInt8], within limit: Duration) async -> Attempt {
        let result = await withTaskGroup(of: Attempt.self) { group in
            group.addTask { await self.request(path, body) }
            group.addTask {
                do { try await Task.sleep(for: limit) } catch { return .cancelled }
                return .fault(self.timedOut)
            }
            let first = await group.next() ?? .cancelled
            group.cancelAll()
            return first
        }
        return Task.isCancelled ? .cancelled : result
    }

    private func request(_ path: String, _ body: [UInt8]) async -> Attempt {
        var request = HTTPClientRequest(url: baseURL + path)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: "orra/1.0")
        if let key { request.headers.add(name: "Authorization", value: "Bearer \(key)") }
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            // The race against the time limit ends it.
            let response = try await client.execute(request, deadline: .distantFuture)
            let status = Int(response.status.code)
            let reply = Reply(status: status, body: [])
            if reply.isSuccess {
                do {
                    let bytes = try await response.body.collect(upTo: maximumBytes)
                    return .reply(Reply(status: status, body: Array(bytes.readableBytesView)))
                } catch is NIOTooManyBytesError {
                    return .fault(ModelFault(.malformed, "\(host) sent more than \(maximumBytes) bytes"))
                } catch {
                    return .cut(unreachable)
                }
            }
            if let fault = passing(status) {
                let wait = response.headers.first(name: "retry-after").flatMap {
                    RetryAfter.wait($0, now: clock.now())
                }
                return .again(fault, wait: wait)
            }
            let complaint = (try? await response.body.collect(upTo: Self.complaintBytes)) ?? ByteBuffer()
            return .reply(Reply(status: status, body: Array(complaint.readableBytesView)))
        } catch {
            // Closed by the other side once the request was under way.
            return error as? HTTPClientError == .remoteConnectionClosed
                ? .cut(unreachable) : .again(unreachable, wait: nil)
        }
    }

    private var unreachable: ModelFault {
        ModelFault(.unreachable, "\(host) can't be reached: the connection was refused, cut or not trusted")
    }

    // MARK: - What a status means

    /// For a status that may be another one soon.
    private func passing(_ status: Int) -> ModelFault? {
        switch status {
        case 429: ModelFault(.rateLimited, "\(host) answers 429: too many requests, or no credit is left")
        case 408, 500, 502, 503, 504, 529:
            ModelFault(.unreachable, "\(host) answers \(status): it is down or overloaded")
        default: nil
        }
    }

    /// For one that stays.
    func rejection(_ status: Int) -> ModelFault {
        let reason =
            switch status {
            case 401, 403: "it does not take the key: check \(variables)_API_KEY"
            case 402: "no credit is left"
            case 404, 405: "nothing is there: check \(variables)_API_BASE_URL and \(variables)_MODEL"
            case 413: "the request is too large for it"
            case 400, 422: "it does not take the request: check that \(variables)_MODEL is a model that it serves"
            case 300..<400: "it redirects: set \(variables)_API_BASE_URL to where it leads"
            default: "it does not take the request"
            }
        return ModelFault(.rejected, "\(host) answers \(status): \(reason)")
    }
}
