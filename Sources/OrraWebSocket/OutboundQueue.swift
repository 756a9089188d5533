import NIOConcurrencyHelpers
import NIOCore
import NIOWebSocket

/// Messages between the application and the event loop, bounded, in order. The event loop takes them while the socket
/// is writable.
final class OutboundQueue: Sendable {
    enum Content: Sendable {
        case message(WebSocketOpcode, ByteBuffer)
        /// Encoded already, and written as they are.
        case frames(WebSocketFrames)

        var size: Int {
            switch self {
            case .message(_, let payload): payload.readableBytes
            case .frames(let frames): frames.byteCount
            }
        }
    }

    struct Message {
        let id: UInt64
        let content: Content
        /// Whoever waits for the message to be taken.
        let sender: CheckedContinuation<Void, any Error>?
    }

    private struct State {
        var messages = Self.noMessages
        var bytes = 0
        var lastID: UInt64 = 0
        var drainRequested = false
        var blockedSince: NIODeadline?
        var closed = false

        /// Most connections have nothing that waits, and there are many.
        static var noMessages: CircularBuffer<Message> { CircularBuffer(initialCapacity: 1) }
    }

    private let limits: WebSocketLimits
    private let requestDrain: @Sendable () -> Void
    private let state = NIOLockedValueBox(State())

    init(limits: WebSocketLimits, requestDrain: @escaping @Sendable () -> Void) {
        self.limits = limits
        self.requestDrain = requestDrain
    }

    // MARK: The application's side

    func enqueue(_ content: Content) throws { _ = try self.enqueue(content, behindAtMost: .max) }

    /// Only behind at most so many bytes. Returns whether it was put there.
    func enqueue(_ content: Content, behindAtMost bytes: Int) throws -> Bool {
        let drain = try self.state.withLockedValue { state -> Bool? in
            guard state.bytes <= bytes else { return nil }
            state.lastID += 1
            return try self.append(Message(id: state.lastID, content: content, sender: nil), to: &state)
        }
        if drain == true { self.requestDrain() }
        return drain != nil
    }

    func send(_ content: Content) async throws {
        let id = self.state.withLockedValue { state in
            state.lastID += 1
            return state.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { sender in
                self.append(Message(id: id, content: content, sender: sender))
            }
        } onCancel: {
            self.cancel(id)
        }
    }

    var stall: Duration? {
        self.state.withLockedValue(\.blockedSince).map { Duration(NIODeadline.now() - $0) }
    }

    var queued: (messages: Int, bytes: Int) {
        self.state.withLockedValue { ($0.messages.count, $0.bytes) }
    }

    private func append(_ message: Message) {
        do {
            let drain = try self.state.withLockedValue { state in
                // Asked under the lock: a cancellation from now on finds the message and removes it.
                guard !Task.isCancelled else { throw CancellationError() }
                return try self.append(message, to: &state)
            }
            if drain { self.requestDrain() }
        } catch {
            message.sender?.resume(throwing: error)
        }
    }

    /// Returns whether the event loop must be told.
    private func append(_ message: Message, to state: inout State) throws -> Bool {
        let size = message.content.size
        guard !state.closed else { throw WebSocketError.closed }
        guard size <= self.limits.maxMessageSize else {
            throw WebSocketError.messageTooLarge(size: size, limit: self.limits.maxMessageSize)
        }
        let fits = state.messages.isEmpty || state.bytes + size <= self.limits.maxQueuedOutboundBytes
        guard fits, state.messages.count < self.limits.maxQueuedOutboundMessages else {
            throw WebSocketError.outboundFull(messages: state.messages.count, bytes: state.bytes)
        }
        state.messages.append(message)
        state.bytes += size
        defer { state.drainRequested = true }
        return !state.drainRequested
    }

    private func cancel(_ id: UInt64) {
        let message = self.state.withLockedValue { state -> Message? in
            guard let index = state.messages.firstIndex(where: { $0.id == id }) else { return nil }
            state.bytes -= state.messages[index].content.size
            return state.messages.remove(at: index)
        }
        message?.sender?.resume(throwing: CancellationError())
    }

    // MARK: The event loop's side

    /// The next message to write. After `nil` the next message asks for a drain again.
    func take() -> Message? {
        self.state.withLockedValue { state in
            guard let message = state.messages.popFirst() else {
                state.drainRequested = false
                if state.messages.capacity > 1 { state.messages = State.noMessages }
                return nil
            }
            state.bytes -= message.content.size
            return message
        }
    }

    func writabilityChanged(to writable: Bool) {
        self.state.withLockedValue { state in
            state.blockedSince = writable ? nil : (state.blockedSince ?? .now())
        }
    }

    /// Takes no more messages; those that wait stay.
    func stopAccepting() {
        self.state.withLockedValue { $0.closed = true }
    }

    /// Takes no more messages, and fails those that wait.
    func discard() {
        let waiting = self.state.withLockedValue { state in
            state.closed = true
            state.bytes = 0
            defer { state.messages.removeAll() }
            return state.messages
        }
        for message in waiting { message.sender?.resume(throwing: WebSocketError.closed) }
    }
}
