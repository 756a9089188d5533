import NIOConcurrencyHelpers
import NIOCore

/// The events of one connection, for one consumer.
public struct WebSocketInbound: AsyncSequence, Sendable {
    public typealias Element = WebSocketEvent
    public typealias Failure = Never

    let queue: InboundQueue

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(queue: self.queue)
    }

    public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
        let queue: InboundQueue

        /// The next event; `nil` at the end, and when this task is cancelled.
        public mutating func next() async -> WebSocketEvent? {
            await self.queue.next()
        }

        /// The next event; `nil` at the end, and when this task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> WebSocketEvent? {
            await self.queue.next()
        }
    }
}

/// Events between the event loop and the application. The event loop asks `mayReadOn` before it reads the socket
/// again; once it was told no, the queue calls it back when half of what waited is consumed.
///
/// NIO's own producer counts elements only: ten of them may be ten bytes or 100 MiB.
final class InboundQueue: Sendable {
    private struct State {
        var events = CircularBuffer<WebSocketEvent>()
        var bytes = 0
        var consumer: CheckedContinuation<WebSocketEvent?, Never>?
        var readingPaused = false
        var finished = false
    }

    private let maxBytes: Int
    private let maxMessages: Int
    private let resumeReading: @Sendable () -> Void
    private let state = NIOLockedValueBox(State())

    init(limits: WebSocketLimits, resumeReading: @escaping @Sendable () -> Void) {
        self.maxBytes = limits.maxQueuedInboundBytes
        self.maxMessages = limits.maxQueuedInboundMessages
        self.resumeReading = resumeReading
    }

    func yield(_ event: WebSocketEvent) {
        let consumer = self.state.withLockedValue { state -> CheckedContinuation<WebSocketEvent?, Never>? in
            guard !state.finished else { return nil }
            if let consumer = state.consumer {
                state.consumer = nil
                return consumer
            }
            if case .pong = event, case .pong? = state.events.last {
                state.events.removeLast()  // only the newest round trip matters to an application that lags
            }
            state.events.append(event)
            state.bytes += event.size
            return nil
        }
        consumer?.resume(returning: event)
    }

    /// Whether the socket may be read; if not, `resumeReading` will be called.
    func mayReadOn() -> Bool {
        self.state.withLockedValue { state in
            state.readingPaused =
                !state.finished && (state.bytes >= self.maxBytes || state.events.count >= self.maxMessages)
            return !state.readingPaused
        }
    }

    /// Nothing comes any more; what waits is still delivered.
    func finish() {
        let consumer = self.state.withLockedValue { state in
            state.finished = true
            defer { state.consumer = nil }
            return state.consumer
        }
        consumer?.resume(returning: nil)
    }

    func next() async -> WebSocketEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.take(for: continuation)
            }
        } onCancel: {
            let consumer = self.state.withLockedValue { state in
                defer { state.consumer = nil }
                return state.consumer
            }
            consumer?.resume(returning: nil)
        }
    }

    private func take(for consumer: CheckedContinuation<WebSocketEvent?, Never>) {
        enum Step {
            case resume(WebSocketEvent?, readOn: Bool)
            case wait
        }
        let step = self.state.withLockedValue { state -> Step in
            // Asked under the lock: a cancellation from now on finds the consumer and resumes it.
            if Task.isCancelled { return .resume(nil, readOn: false) }
            if let event = state.events.popFirst() {
                state.bytes -= event.size
                let readOn =
                    state.readingPaused && state.bytes <= self.maxBytes / 2
                    && state.events.count <= self.maxMessages / 2
                if readOn { state.readingPaused = false }
                return .resume(event, readOn: readOn)
            }
            if state.finished { return .resume(nil, readOn: false) }
            precondition(state.consumer == nil, "two tasks read one WebSocket connection")
            state.consumer = consumer
            return .wait
        }
        guard case .resume(let event, let readOn) = step else { return }
        if readOn { self.resumeReading() }
        consumer.resume(returning: event)
    }
}

extension WebSocketEvent {
    fileprivate var size: Int {
        switch self {
        case .text(let buffer), .binary(let buffer): buffer.readableBytes
        case .pong, .missedPong, .stalled: 0
        }
    }
}
