package import NIOCore
import NIOHTTP1

/// Plays the services: answers each task with its token, one step on.
package final class ServicePlayer {
    private let loop: any EventLoop
    private let load: Load
    private let filling: String
    private var messages = 0
    private(set) var sockets: [MessageSocket] = []
    /// Connections that ended before they were closed.
    package private(set) var lostConnections = 0
    /// Of the hub's own kind, which it sends to a service that is idle; each was answered.
    package private(set) var pings = 0
    private var isClosing = false
    /// A chain's next task was asked for; a task's result was sent. For the time of a hop.
    var asked: (Token) -> Void = { _ in }
    package var answered: (Token) -> Void = { _ in }

    package init(loop: any EventLoop, load: Load) {
        self.loop = loop
        self.load = load
        filling = load.payload > 0 ? ",\"payload\":\"\(String(repeating: "x", count: load.payload))\"" : ""
    }

    package static let agent = "orra-swift/bench"

    /// On the loop.
    package func callbacks(service: String) -> MessageSocket.Callbacks {
        MessageSocket.Callbacks(
            receive: { [unowned self] socket, message in received(message, on: socket, service) },
            ended: { [unowned self] in if !isClosing { lostConnections += 1 } })
    }

    /// On the loop: says what a connection takes, and keeps it.
    package func opened(_ socket: MessageSocket) {
        sockets.append(socket)
        send(
            #"{"type":"hello","protocol":1,"credit":\#(load.credit),"instance":"bench-\#(sockets.count)"}"#, on: socket)
    }

    package func close() {
        isClosing = true
        for socket in sockets { socket.close() }
    }

    private func received(_ message: ByteBuffer, on socket: MessageSocket, _ service: String) {
        switch message.text(ofMember: "type") {
        case "task_request":
            guard let task = message.text(ofMember: "id"), let execution = message.text(ofMember: "executionId"),
                let key = message.text(ofMember: "idempotencyKey"), let token = Token(member: "token", of: message)
            else { return }
            let report =
                #""taskId":"\#(task)","executionId":"\#(execution)","serviceId":"\#(service)","#
                + #""idempotencyKey":"\#(key)""#
            asked(token)
            work(on: token.next, report, socket)
        case "ping":
            pings += 1
            send(#"{"type":"pong","serviceId":"\#(service)"}"#, id: "pong", on: socket)
        default: break
        }
    }

    private func work(on token: Token, _ report: String, _ socket: MessageSocket) {
        guard load.handlerMilliseconds > 0 else { return answer(token, report, socket) }
        let end = NIODeadline.now() + .milliseconds(Int64(load.handlerMilliseconds))
        if load.progressRate > 0 { tellProgress(report, socket, until: end) }
        let bound = NIOLoopBound((player: self, socket: socket), eventLoop: loop)
        loop.scheduleTask(deadline: end) { bound.value.player.answer(token, report, bound.value.socket) }
    }

    private func tellProgress(_ report: String, _ socket: MessageSocket, until end: NIODeadline) {
        let next = NIODeadline.now() + .nanoseconds(1_000_000_000 / Int64(load.progressRate))
        guard next < end else { return }
        let bound = NIOLoopBound((player: self, socket: socket), eventLoop: loop)
        loop.scheduleTask(deadline: next) {
            let (player, socket) = bound.value
            player.send(
                #"{"type":"task_interim_result",\#(report),"result":{"task":{"at":\#(player.messages)}}}"#, on: socket)
            player.tellProgress(report, socket, until: end)
        }
    }

    private func answer(_ token: Token, _ report: String, _ socket: MessageSocket) {
        send(
            #"{"type":"task_result",\#(report),"result":{"task":{"token":"\#(token.text)"\#(filling)},"compensation":null}}"#,
            on: socket)
        answered(token)
    }

    private func send(_ payload: String, id: String? = nil, on socket: MessageSocket) {
        messages += 1
        var frame = ByteBuffer()
        frame.reserveCapacity(payload.utf8.count + 48)
        frame.writeString(#"{"id":""#)
        frame.writeString(id ?? "m\(messages)")
        frame.writeString(#"","payload":"#)
        frame.writeString(payload)
        frame.writeString("}")
        socket.send(frame)
    }
}
