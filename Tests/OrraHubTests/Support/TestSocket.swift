import HTTPTypes
import Logging
import NIOCore
import OrraModel
import OrraWebSocket
import Synchronization

/// A WebSocket to the hub that keeps what comes.
final class TestSocket: Sendable {
    private enum Phase {
        case connecting
        case open(WebSocketConnection)
        case over(WebSocketClose?)
        case refused(any Error)
    }

    private struct State {
        var phase = Phase.connecting
        var frames: [JSONValue] = []
    }

    private let state = Mutex(State())
    private let reading = AsyncStream.makeStream(of: Void.self)

    /// Returns when the hub has upgraded; throws `WebSocketClientError.refused` when it refuses.
    static func open(
        _ hub: TestHub, _ path: String, headers: [(HTTPField.Name, String)] = [], subprotocols: [String] = [],
        reads: Bool = true
    ) async throws -> TestSocket {
        let socket = TestSocket()
        var fields = HTTPFields()
        for (name, value) in headers { fields[name] = value }
        let (url, head) = ("ws://127.0.0.1:\(hub.port)\(path)", fields)
        hub.spawn { await socket.run(url, head, subprotocols, reads: reads) }
        return try await eventually("an answer to the upgrade") {
            switch socket.state.withLock({ $0.phase }) {
            case .connecting: nil
            case .open, .over: socket
            case .refused(let error): throw error
            }
        }
    }

    private func run(_ url: String, _ headers: HTTPFields, _ subprotocols: [String], reads: Bool) async {
        var limits = WebSocketLimits()
        limits.pingInterval = nil
        limits.maxMessageSize = Limits.serviceFrameBytes
        limits.closeTimeout = .seconds(2)
        if !reads { limits.maxQueuedInboundMessages = 1 }
        do {
            try await WebSocketClient.connect(
                url: url, headers: headers, subprotocols: subprotocols, limits: limits, logger: quietLogger
            ) { connection in
                state.withLock { $0.phase = .open(connection) }
                if !reads { for await _ in reading.stream { break } }
                for await event in connection.inbound {
                    switch event {
                    case .text(let buffer), .binary(let buffer):
                        let frame = (try? JSONValue(parsing: Array(buffer.readableBytesView))) ?? .null
                        state.withLock { $0.frames.append(frame) }
                    case .pong, .missedPong, .stalled: break
                    }
                }
                let close = await connection.closed
                state.withLock { $0.phase = .over(close) }
            }
        } catch {
            state.withLock { state in
                switch state.phase {
                case .connecting: state.phase = .refused(error)
                case .open: state.phase = .over(nil)
                case .over, .refused: break
                }
            }
        }
    }

    private var connection: WebSocketConnection? {
        state.withLock { if case .open(let connection) = $0.phase { connection } else { nil } }
    }

    var subprotocol: String? { connection?.subprotocol }

    /// For a socket that was opened without reading.
    func startReading() { reading.continuation.yield() }

    /// All that came, in order.
    var frames: [JSONValue] { state.withLock { $0.frames } }
    func frames(_ type: String) -> [JSONValue] { frames.filter { $0["type"]?.string == type } }

    /// Waits for the frame of this type with this number, from 0.
    func frame(_ type: String, _ number: Int = 0) async throws -> JSONValue {
        try await eventually("\(type) number \(number)") {
            let frames = frames(type)
            return frames.indices.contains(number) ? Optional.some(frames[number]) : Optional.none
        }
    }

    func send(_ text: String) async throws { try await connection?.send(text: ByteBuffer(string: text)) }
    func send(_ value: JSONValue) async throws {
        try await connection?.send(text: ByteBuffer(bytes: RawJSON(value).bytes))
    }
    func send(binary value: JSONValue) async throws {
        try await connection?.send(binary: ByteBuffer(bytes: RawJSON(value).bytes))
    }
    func send(bytes: ByteBuffer) async throws { try await connection?.send(text: bytes) }

    /// Leaves, and waits for the end.
    func leave() async throws {
        await connection?.close(code: .normal)
        _ = try await end()
    }

    var isOpen: Bool { connection != nil }

    /// Waits for the end; `nil` when the connection was lost without a close frame.
    func end() async throws -> WebSocketClose? {
        try await eventually("the end of the socket") {
            if case .over(let close) = state.withLock({ $0.phase }) { Optional(close) } else { nil }
        }
    }

    /// One turn to the hub and back, so that all that it sent before has come.
    func roundTrip() async throws {
        let count = frames("error").count
        try await send("no message")
        _ = try await frame("error", count)
    }
}
