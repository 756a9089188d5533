import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import OrraHub
import OrraModel
import ServiceLifecycle
import Synchronization

/// An endpoint of the OpenAI kind on a free port of 127.0.0.1 that does as it is told, faults included.
///
/// ```swift
/// try await ScriptedModel.run([.plan(plan), .status(429, retryAfter: "1")]) { model in
///     … model.baseURL … model.requests …
/// }
/// ```
/// Each request to `/chat/completions` takes the script's next step; the last one stays. Embeddings come from the words.
final class ScriptedModel: Sendable {
    indirect enum Step: Sendable {
        /// An answer with these words.
        case text(String)
        /// An answer with this plan as bare JSON.
        case plan(JSONValue)
        /// An answer made of the request's body.
        case reply(@Sendable (JSONValue) -> String)
        /// The thinking in its own member and before the words, then the words.
        case thinking(String, String)
        /// Any status; the body is the whole body.
        case status(Int, retryAfter: String? = nil, body: String = "{}")
        /// A 400 for requests with this member, whose message says `complaint`; others get the next step.
        case refusing(String, complaint: String, otherwise: Step)
        /// A success with this body, as it stands.
        case body(String)
        /// A success of so many bytes.
        case huge(Int)
        /// The words, and the reason why they end.
        case finished(String, reason: String)
        /// An answer that never comes: until the client gives up.
        case never
        /// A head, half of a body, and then nothing: the connection closes.
        case cutOff
        /// Held back until ``ScriptedModel/release()``, then the step.
        case held(Step)
        /// A 401 whose body has the request's key and words in it.
        case echo
    }

    struct Request: Sendable {
        var path: String
        var authorization: String?
        var body: JSONValue
        var messages: [JSONValue] { body["messages"]?.array ?? [] }
        /// Of the first message with this role.
        func words(_ role: String) -> String {
            messages.first { $0["role"]?.string == role }?["content"]?.string ?? ""
        }
    }

    private struct State {
        var port = 0
        var script: [Step]
        var requests: [Request] = []
        var isReleased = false
        var dimension = 16
    }

    private struct Cut: Error {}

    private let state: Mutex<State>
    private init(_ script: [Step]) { state = Mutex(State(script: script)) }

    /// `http://127.0.0.1:…/v1`.
    var baseURL: String { "http://127.0.0.1:\(state.withLock { $0.port })/v1" }
    /// In the order of their coming; with those for embeddings.
    var requests: [Request] { state.withLock { $0.requests } }
    /// To `/chat/completions` only.
    var questions: [Request] { requests.filter { $0.path.hasSuffix("/chat/completions") } }

    func then(_ script: Step...) { state.withLock { $0.script = script } }
    func release() { state.withLock { $0.isReleased = true } }
    func answerVectors(of dimension: Int) { state.withLock { $0.dimension = dimension } }

    static func run(_ script: [Step] = [], _ body: (ScriptedModel) async throws -> Void) async throws {
        let model = ScriptedModel(script)
        let router = Router()
        router.post("/v1/chat/completions") { request, _ in try await model.question(request) }
        router.post("/v1/embeddings") { request, _ in try await model.embeddings(request) }
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let logger = Logger(label: "scripted model") { _ in SwiftLogNoOpLogHandler() }
        let application = Application(
            router: router, server: .http1Only, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { found.yield($0.localAddress?.port ?? 0) }, logger: logger)
        let group = ServiceGroup(services: [application], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { found.finish() }
                try await group.run()
            }
            guard let port = await ports.first(where: { _ in true }) else {
                throw TimedOut(description: "the scripted model did not start")
            }
            model.state.withLock { $0.port = port }
            defer { tasks.cancelAll() }
            try await body(model)
        }
    }

    // MARK: - Answers

    private func record(_ request: Hummingbird.Request) async throws -> Request {
        let bytes = try await request.body.collect(upTo: 16 << 20)
        let recorded = Request(
            path: request.uri.path, authorization: request.headers[.authorization],
            body: (try? JSONValue(parsing: Array(bytes.readableBytesView))) ?? .null)
        state.withLock { $0.requests.append(recorded) }
        return recorded
    }

    private func question(_ request: Hummingbird.Request) async throws -> Response {
        let recorded = try await record(request)
        let step = state.withLock { state -> Step in
            if state.script.count > 1 { return state.script.removeFirst() }
            return state.script.first ?? .text("hello")
        }
        return try await perform(step, recorded)
    }

    private func perform(_ step: Step, _ request: Request) async throws -> Response {
        switch step {
        case .text(let text): return answer(text)
        case .plan(let plan): return answer(plan.text)
        case .reply(let make): return answer(make(request.body))
        case .thinking(let thought, let text):
            return answer("<think>\(thought)</think>\n\(text)", more: ["reasoning_content": .string(thought)])
        case .status(let status, let retryAfter, let body):
            var headers = HTTPFields()
            if let retryAfter { headers[.retryAfter] = retryAfter }
            return Self.response(status, Array(body.utf8), headers)
        case .refusing(let member, let complaint, let otherwise):
            guard request.body[member] != nil else { return try await perform(otherwise, request) }
            let body: JSONValue = ["error": ["message": .string(complaint), "type": "invalid_request_error"]]
            return Self.response(400, RawJSON(body).bytes)
        case .body(let body): return Self.response(200, Array(body.utf8))
        case .huge(let count):
            return Response(
                status: .ok,
                body: ResponseBody { writer in
                    let part = ByteBuffer(repeating: UInt8(ascii: " "), count: 64 * 1024)
                    for _ in 0...(count / part.readableBytes) { try await writer.write(part) }
                    try await writer.finish(nil)
                })
        case .finished(let text, let reason): return answer(text, reason: reason)
        case .never:
            try await Task.sleep(for: .seconds(3_600))
            return answer("")
        case .cutOff:
            return Response(
                status: .ok, headers: [.contentLength: "1000"],
                body: ResponseBody(contentLength: 1_000) { writer in
                    try await writer.write(ByteBuffer(string: #"{"choices":[{"mess"#))
                    throw Cut()
                })
        case .held(let step):
            try await until("the model's answer is released") { state.withLock { $0.isReleased } }
            return try await perform(step, request)
        case .echo:
            let words = request.messages.compactMap { $0["content"]?.string }.joined()
            return Self.response(401, Array("\(request.authorization ?? "") \(words)".utf8))
        }
    }

    private func answer(_ text: String, reason: String = "stop", more: JSONObject = [:]) -> Response {
        var message: JSONObject = ["role": "assistant", "content": .string(text)]
        message.merge(more)
        let body: JSONValue = [
            "id": "chatcmpl-1", "object": "chat.completion", "model": "scripted",
            "choices": [["index": 0, "message": .object(message), "finish_reason": .string(reason)]],
            "usage": ["prompt_tokens": 1_000, "completion_tokens": 200, "total_tokens": 1_200],
        ]
        return Self.response(200, RawJSON(body).bytes)
    }

    /// One vector per text, from its words: the same words in another order are the same.
    private func embeddings(_ request: Hummingbird.Request) async throws -> Response {
        let recorded = try await record(request)
        let dimension = state.withLock { $0.dimension }
        let texts = recorded.body["input"]?.array?.compactMap(\.string) ?? []
        let data = texts.enumerated().map { index, text -> JSONValue in
            var vector = [Double](repeating: 0.5, count: dimension)
            for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
                let hash = word.utf8.reduce(5_381) { ($0 &* 33) ^ Int($1) }
                vector[abs(hash % dimension)] += 3
            }
            let numbers = vector.map { JSONNumber($0).map(JSONValue.number) ?? .null }
            return ["object": "embedding", "index": .number(JSONNumber(index)), "embedding": .array(numbers)]
        }
        // In another order than asked: the index counts.
        let body: JSONValue = [
            "object": "list", "data": .array(data.reversed()), "model": "scripted",
            "usage": ["prompt_tokens": 40, "total_tokens": 40],
        ]
        return Self.response(200, RawJSON(body).bytes)
    }

    private static func response(_ status: Int, _ bytes: [UInt8], _ headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(
            status: .init(code: status), headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
