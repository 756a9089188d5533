import HTTPTypes
import NIOCore
public import OrraModel
public import OrraProtocol
import OrraWebSocket

/// How a watcher outlives a hub that restarts.
public struct ProgressPatience: Sendable, Hashable {
    /// How long the hub may stay away. Default: 5 min.
    public var limit: Duration
    /// Whether the very first connection may fail as well. Default: no, so that a wrong address shows at once.
    public var coversFirstConnection: Bool

    public init(limit: Duration = .seconds(300), coversFirstConnection: Bool = false) {
        self.limit = limit
        self.coversFirstConnection = coversFirstConnection
    }
}

extension OperatorClient {
    /// Calls `onFrame` with each frame of one orchestration, in order, and returns after the last one.
    ///
    /// A lost connection is made again, with the last number that was delivered: there is no gap and no duplicate. While
    /// `onFrame` runs, nothing more is read than the socket's bounded buffer takes.
    ///
    /// - Parameters:
    ///   - id: the orchestration.
    ///   - seq: the last frame that the caller has seen already. Default: 0, from the first one.
    ///   - patience: how long a hub that is away is waited for.
    ///   - onLoss: told each time that the connection was lost or refused and will be tried again.
    ///   - onFrame: what to do with a frame. An error that it throws ends the stream and is thrown on.
    public func progress(
        orchestration id: OrchestrationID, after seq: Int = 0, patience: ProgressPatience = .init(),
        onLoss: (OperatorError) async -> Void = { _ in }, _ onFrame: (ProgressFrame) async throws -> Void
    ) async throws {
        try await follow(
            "/orchestrations/\(HubAddress.encoded(id.rawValue))/progress",
            ProgressCursor(.orchestration, after: Int64(seq)), patience, onLoss, onFrame)
    }

    /// Calls `onFrame` with each frame of the whole project, in the order of their positions, until its task is cancelled
    /// or `onFrame` throws. Otherwise like ``progress(orchestration:after:patience:onLoss:_:)``.
    public func projectProgress(
        after position: Int64 = 0, patience: ProgressPatience = .init(),
        onLoss: (OperatorError) async -> Void = { _ in }, _ onFrame: (ProgressFrame) async throws -> Void
    ) async throws {
        try await follow("/progress", ProgressCursor(.project, after: position), patience, onLoss, onFrame)
    }

    private enum StreamEnd {
        case finished
        case interrupted(reason: String)
    }

    /// Keeps errors of the caller's closure apart from those of the connection.
    private struct FrameHandlerFailure: Error { let error: any Error }

    private func follow(
        _ path: String, _ cursor: ProgressCursor, _ patience: ProgressPatience,
        _ onLoss: (OperatorError) async -> Void, _ onFrame: (ProgressFrame) async throws -> Void
    ) async throws {
        let clock = ContinuousClock()
        var cursor = cursor
        var wasConnected = patience.coversFirstConnection
        var backoff = ReconnectBackoff()
        var awaySince = clock.now
        while true {
            let begun = clock.now
            let before = cursor.last
            let loss: OperatorError
            do {
                switch try await stream(path, &cursor, onFrame) {
                case .finished: return
                case .interrupted(let reason): loss = .unreachable(address, reason: reason)
                }
                wasConnected = true
                // A connection that brought something, or lived for a while, was a good one.
                if cursor.last > before || begun.duration(to: clock.now) > .seconds(10) {
                    backoff = ReconnectBackoff()
                    awaySince = clock.now
                }
            } catch let failure as FrameHandlerFailure {
                throw failure.error
            } catch let error as WebSocketClientError {
                loss = self.error(for: error)
                guard wasConnected, Self.mayPass(error) else { throw loss }
            }
            try Task.checkCancellation()
            guard awaySince.duration(to: clock.now) < patience.limit else { throw loss }
            await onLoss(loss)
            try await Task.sleep(for: backoff.next())
        }
    }

    /// One connection, from the frame behind the cursor on.
    private func stream(
        _ path: String, _ cursor: inout ProgressCursor, _ onFrame: (ProgressFrame) async throws -> Void
    ) async throws -> StreamEnd {
        var headers = HTTPFields()
        if let apiKey { headers[.authorization] = "Bearer \(apiKey)" }
        var limits = WebSocketLimits()
        limits.maxMessageSize = settings.answerBytes
        return try await WebSocketClient.connect(
            url: "\(address.webSocket)\(path)?after=\(cursor.last)", headers: headers, limits: limits, logger: logger
        ) { connection in
            for await event in connection.inbound {
                guard case .text(let text) = event else { continue }
                let read: (admission: ProgressCursor.Admission, frame: ProgressFrame?)
                do {
                    read = try cursor.read(Array(text.readableBytesView))
                } catch {
                    throw FrameHandlerFailure(
                        error: OperatorError.unexpectedAnswer(
                            address, status: nil,
                            reason: "a progress frame can't be read, \(WireDecoder.describe(error))"))
                }
                if read.admission == .gap { return .interrupted(reason: "a progress frame is missing") }
                guard let frame = read.frame else { continue }
                do { try await onFrame(frame) } catch { throw FrameHandlerFailure(error: error) }
                if cursor.numbering == .orchestration, frame.isLast { return .finished }
            }
            try Task.checkCancellation()
            let close = await connection.closed
            if close?.byPeer == true, close?.code == .normal, cursor.numbering == .orchestration { return .finished }
            let code = close?.code.map { " with code \($0.rawValue)" } ?? ""
            return .interrupted(reason: "the progress stream was closed\(code)")
        }
    }

    private func error(for error: WebSocketClientError) -> OperatorError {
        switch error {
        case .invalidURL(let reason): .invalidAddress(reason)
        case .refused(let status, let body): refusal(status: status, body: Array(body.utf8))
        case .invalidAnswer(let reason): .unexpectedAnswer(address, status: nil, reason: reason)
        case .unreachable(_, _, let reason), .lost(let reason): .unreachable(address, reason: reason)
        case .timedOut: .unreachable(address, reason: "no answer in time")
        }
    }

    /// Whether the same request may succeed later.
    private static func mayPass(_ error: WebSocketClientError) -> Bool {
        switch error {
        case .unreachable, .lost, .timedOut: true
        case .refused(let status, _): status == 429 || status >= 500
        case .invalidURL, .invalidAnswer: false
        }
    }
}

/// 250 ms, doubling to 5 s, each shortened by up to a quarter so that many watchers don't come back at once.
struct ReconnectBackoff: Sendable {
    private var interval = Duration.milliseconds(250)

    mutating func next() -> Duration {
        defer { interval = min(interval * 2, .seconds(5)) }
        return interval * Double.random(in: 0.75...1)
    }
}
