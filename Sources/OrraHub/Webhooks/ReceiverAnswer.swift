import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OrraModel
import Synchronization

/// What the receiver of a webhook answers: its status counts, and its body is read past, so that the connection can be
/// used again.
///
/// The client's `async` functions would make two tasks of their own for each post, to be able to cancel it.
final class ReceiverAnswer: HTTPClientResponseDelegate {
    private struct State {
        var status: HTTPResponseStatus?
        var bytes = 0
    }

    /// It will not end.
    struct TooLong: Error {}

    private let state = Mutex(State())

    /// `nil`: no answer came. Whatever happened to its body, its head is one.
    var status: HTTPResponseStatus? { state.withLock(\.status) }

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        state.withLock { $0.status = head.status }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        let isTooLong = state.withLock { state in
            state.bytes += buffer.readableBytes
            return state.bytes > Limits.webhookAnswerBytes
        }
        if isTooLong { task.fail(reason: TooLong()) }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) throws {}
}

extension HTTPClient {
    /// Posts, and returns the status of the answer. Cancelled with the task that asks.
    func post(
        _ body: ByteBuffer, to url: String, headers: HTTPHeaders, timeout: TimeAmount
    ) async throws -> HTTPResponseStatus {
        let request = try Request(url: url, method: .POST, headers: headers, body: .byteBuffer(body))
        let answer = ReceiverAnswer()
        let task = execute(request: request, delegate: answer, deadline: .now() + timeout)
        do {
            try await withTaskCancellationHandler {
                try await task.get()
            } onCancel: {
                task.cancel()
            }
        } catch {
            // What came behind the head changes nothing.
            if Swift.Task.isCancelled || answer.status == nil { throw error }
        }
        guard let status = answer.status else { throw HTTPClientError.remoteConnectionClosed }
        return status
    }
}
