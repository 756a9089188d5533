import HTTPTypes
import NIOCore
import NIOWebSocket
import Testing

@testable import OrraHub
@testable import OrraWebSocket

@Suite("Keep-alive", .timeLimit(.minutes(2)))
struct KeepAliveTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test("a pong tells the round trip of the newest ping, once")
    func roundTrip() {
        var keepAlive = KeepAlive(missedPongLimit: 2)
        #expect(keepAlive.tick(at: self.start, suspended: false) == .ping(payload: 1, missed: 0))
        #expect(keepAlive.pongReceived(payload: 7, at: self.start) == nil)
        #expect(keepAlive.pongReceived(payload: 1, at: self.start + .milliseconds(30)) == .milliseconds(30))
        #expect(keepAlive.pongReceived(payload: 1, at: self.start + .milliseconds(40)) == nil)
    }

    @Test("silence after two pings is the end, any byte between them is not")
    func silence() {
        var keepAlive = KeepAlive(missedPongLimit: 2)
        #expect(keepAlive.tick(at: self.start, suspended: false) == .ping(payload: 1, missed: 0))
        #expect(keepAlive.tick(at: self.start, suspended: false) == .ping(payload: 2, missed: 1))
        keepAlive.peerHeard()
        #expect(keepAlive.tick(at: self.start, suspended: false) == .ping(payload: 3, missed: 0))
        #expect(keepAlive.tick(at: self.start, suspended: false) == .ping(payload: 4, missed: 1))
        #expect(keepAlive.tick(at: self.start, suspended: false) == .dead(missed: 2))
    }

    @Test("a busy peer gets no pings, and afterwards the count starts anew")
    func busy() {
        var keepAlive = KeepAlive(missedPongLimit: 2)
        #expect(keepAlive.tick(at: self.start, suspended: false) == .ping(payload: 1, missed: 0))
        #expect(keepAlive.tick(at: self.start, suspended: false) == .ping(payload: 2, missed: 1))
        keepAlive.setBusy(true)
        for _ in 0..<10 { #expect(keepAlive.tick(at: self.start, suspended: false) == .rest) }
        keepAlive.setBusy(false)
        #expect(keepAlive.tick(at: self.start, suspended: false) == .ping(payload: 3, missed: 0))
        #expect(keepAlive.tick(at: self.start, suspended: false) == .ping(payload: 4, missed: 1))
    }

    @Test("nothing is missed while this side does not read itself")
    func suspended() {
        var keepAlive = KeepAlive(missedPongLimit: 1)
        #expect(keepAlive.tick(at: self.start, suspended: false) == .ping(payload: 1, missed: 0))
        #expect(keepAlive.tick(at: self.start, suspended: true) == .rest)
        #expect(keepAlive.tick(at: self.start, suspended: false) == .ping(payload: 2, missed: 0))
    }

    private static let short: WebSocketLimits = {
        var limits = WebSocketLimits()
        limits.pingInterval = .milliseconds(100)
        limits.closeTimeout = .milliseconds(100)
        return limits
    }()

    @Test("round trips are reported to the application")
    func pongEvent() async throws {
        var limits = Self.short
        limits.missedPongLimit = 1_000  // a busy machine may be slow to answer
        try await TestServer.run { [limits] server in
            try await WebSocketClient.connect(url: server.url(), limits: limits, logger: testLogger) { connection in
                for await case .pong(let roundTrip) in connection.inbound {
                    #expect(roundTrip > .zero)
                    return
                }
                Issue.record("the connection ended without a pong")
            }
        }
    }

    @Test("an idle peer that answers no ping is reported, then closed with 1012")
    func silentPeers() async throws {
        let (events, happened) = AsyncStream.makeStream(of: WebSocketEvent.self)
        try await TestServer.run(
            limits: Self.short,
            upgrade: { _, _ in .upgrade { for await event in $0.inbound { happened.yield(event) } } }
        ) { server in
            var seen = events.makeAsyncIterator()
            for _ in 0..<3 {
                try await RawPeer.run(server) { idle in
                    try await idle.upgrade()
                    #expect(await idle.readFrame()?.opcode == .ping)
                    #expect(await idle.readFrame()?.opcode == .ping)
                    #expect(await idle.readFrame()?.code == 1012)
                    #expect(await idle.readEnd())
                }
                #expect(await seen.next() == .missedPong(count: 1))
                #expect(await seen.next() == .missedPong(count: 2))
            }
        }
    }

    @Test("a busy peer gets no ping, however long it is silent")
    func busyPeer() async throws {
        var patient = Self.short
        // However late this machine makes it busy, it is not closed before.
        patient.missedPongLimit = 1_000_000
        try await TestServer.run(
            limits: patient,
            upgrade: { _, _ in
                .upgrade { connection in
                    connection.setBusy(true)
                    try await connection.send(text: ByteBuffer(string: "now busy"))
                    for await event in connection.inbound {
                        if case .text(let text) = event { try await connection.send(text: text) }
                    }
                }
            }
        ) { server in
            try await RawPeer.run(server) { busy in
                try await busy.upgrade()
                while let frame = await busy.readFrame(), frame.text != "now busy" { #expect(frame.opcode == .ping) }
                // As long as three others take to be pinged twice and given up.
                try await TestServer.run(limits: Self.short) { other in
                    for _ in 0..<3 {
                        try await RawPeer.run(other) { idle in
                            try await idle.upgrade()
                            while let frame = await idle.readFrame(), frame.opcode == .ping {}
                        }
                    }
                }
                try await busy.write(RawPeer.frame(1, ByteBuffer(string: "alive")))
                #expect(await busy.readFrame()?.text == "alive")
            }
        }
    }
}
