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
        var events = Self.noEvents
        var bytes = 0
        var consumer: CheckedContinuation<WebSocketEvent?, Never>?
        /// Instead of a consumer: gets events on the event loop, none while one is on its way to it or it holds them off.
        var receiver: (any WebSocketReceiver)?
        var receiverIsReady = false
        var readingPaused = false
        var finished = false

        /// Most connections have nothing that waits, and there are many.
        static var noEvents: CircularBuffer<WebSocketEvent> { CircularBuffer(initialCapacity: 1) }

        mutating func takeFirst() -> WebSocketEvent? {
            guard let event = events.popFirst() else { return nil }
            bytes -= event.size
            if events.isEmpty { events = Self.noEvents }
            return event
        }

        /// Whether half of what waited is consumed, so that the socket is to be read again.
        mutating func mayReadOnNow(maxBytes: Int, maxMessages: Int) -> Bool {
            guard readingPaused, bytes <= maxBytes / 2, events.count <= maxMessages / 2 else { return false }
            readingPaused = false
            return true
        }
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

    /// On the event loop.
    func yield(_ event: WebSocketEvent) {
        let (consumer, receiver) = self.state.withLockedValue { state -> (Consumer?, (any WebSocketReceiver)?) in
            guard !state.finished else { return (nil, nil) }
            if let consumer = state.consumer {
                state.consumer = nil
                return (consumer, nil)
            }
            if state.receiverIsReady, state.events.isEmpty {
                state.receiverIsReady = false
                return (nil, state.receiver)
            }
            if case .pong = event, case .pong? = state.events.last {
                state.events.removeLast()  // only the newest round trip matters to an application that lags
            }
            state.events.append(event)
            state.bytes += event.size
            return (nil, nil)
        }
        consumer?.resume(returning: event)
        if let receiver, receiver.received(event) { self.resumeReceiver() }
    }

    /// Events that wait.
    var waiting: Int { self.state.withLockedValue { $0.events.count } }

    /// Whether the socket may be read; if not, `resumeReading` will be called.
    func mayReadOn() -> Bool {
        self.state.withLockedValue { state in
            state.readingPaused =
                !state.finished && (state.bytes >= self.maxBytes || state.events.count >= self.maxMessages)
            return !state.readingPaused
        }
    }

    /// Nothing comes any more; what waits is still delivered. On the event loop.
    func finish() {
        let (consumer, isReady) = self.state.withLockedValue { state in
            state.finished = true
            defer { state.consumer = nil }
            return (state.consumer, state.receiverIsReady)
        }
        consumer?.resume(returning: nil)
        if isReady { self.resumeReceiver() }
    }

    // MARK: A receiver

    /// Gives it what waits and what comes. On the event loop.
    func attach(_ receiver: any WebSocketReceiver) {
        self.state.withLockedValue { state in
            precondition(state.receiver == nil && state.consumer == nil, "two read one WebSocket connection")
            state.receiver = receiver
        }
        self.resumeReceiver()
    }

    /// Gives it what waits, for it takes events again; or the end, once. On the event loop.
    func resumeReceiver() {
        enum Step {
            case give(WebSocketEvent, readOn: Bool)
            case end
            case rest
        }
        while true {
            let (step, receiver) = self.state.withLockedValue { state -> (Step, (any WebSocketReceiver)?) in
                if let event = state.takeFirst() {
                    state.receiverIsReady = false
                    let readOn = state.mayReadOnNow(maxBytes: self.maxBytes, maxMessages: self.maxMessages)
                    return (.give(event, readOn: readOn), state.receiver)
                }
                state.receiverIsReady = !state.finished
                guard state.finished else { return (.rest, nil) }
                defer { state.receiver = nil }
                return (.end, state.receiver)
            }
            switch step {
            case .give(let event, let readOn):
                if readOn { self.resumeReading() }
                guard let receiver, receiver.received(event) else { return }
            case .end:
                receiver?.ended()
                return
            case .rest:
                return
            }
        }
    }

    // MARK: A task

    private typealias Consumer = CheckedContinuation<WebSocketEvent?, Never>

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
            if let event = state.takeFirst() {
                return .resume(
                    event, readOn: state.mayReadOnNow(maxBytes: self.maxBytes, maxMessages: self.maxMessages))
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
    var size: Int {
        switch self {
        case .text(let buffer), .binary(let buffer): buffer.readableBytes
        case .pong, .missedPong, .stalled: 0
        }
    }
}
