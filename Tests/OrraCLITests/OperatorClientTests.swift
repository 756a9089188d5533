import OrraModel
import OrraProtocol
import OrraWebSocket
import Synchronization
import Testing

@testable import OrraSDK

@Suite struct OperatorClientTests {
    @Test(
        "Addresses are taken with and without scheme, port and slash",
        arguments: [
            ("http://localhost:8005", "http://localhost:8005"), ("localhost:8005/", "http://localhost:8005"),
            ("https://orra.example/hub/", "https://orra.example/hub"), ("HTTP://h", "http://h"),
            ("[::1]:80", "http://[::1]:80"),
        ])
    func addresses(text: String, address: String) throws {
        #expect(try HubAddress(text).text == address)
    }

    @Test(
        "What is no address is refused",
        arguments: [
            "", "ftp://h", "http://", "http://h:0", "http://h:x", "http://u@h", "http://h?x", "http://a b", ":80",
        ])
    func noAddress(text: String) {
        #expect(throws: OperatorError.self) { try HubAddress(text) }
    }

    @Test("WebSocket addresses follow the scheme, and path parts are encoded")
    func encoding() throws {
        #expect(try HubAddress("https://h/x").webSocket == "wss://h/x")
        #expect(HubAddress.standard.webSocket == "ws://127.0.0.1:8005")
        #expect(HubAddress.encoded("a/../b?c=ü_~-") == "a%2F%2E%2E%2Fb%3Fc%3D%C3%BC_~-")
    }

    @Test("The hub's own error comes through with its status")
    func refused() async throws {
        let hub = FakeHub { _ in
            .init(404, #"{"error":{"kind":"not found","code":"Orra:UnknownOrchestration","message":"no such action"}}"#)
        }
        let error = await #expect(throws: OperatorError.self) {
            try await hub.run { try await OperatorClient(address: $0, apiKey: "k").inspection(.init("o_x")) }
        }
        #expect(error == .refused(status: 404, APIError(.notFound, .unknownOrchestration, "no such action")))
        #expect(error?.description == "no such action")
        #expect(hub.requests.first?.authorization == "Bearer k")
    }

    @Test("An answer that is no hub's says so")
    func unexpected() async throws {
        for answer in [FakeHub.Answer(200, "<html>"), .init(502, "Bad Gateway"), .init(200, #"{"webhooks":1}"#)] {
            let hub = FakeHub { _ in answer }
            let error = await #expect(throws: OperatorError.self) {
                try await hub.run { try await OperatorClient(address: $0).webhooks() }
            }
            guard case .unexpectedAnswer(_, answer.status, _)? = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
    }

    @Test("An answer over the limit is refused before it is held")
    func tooLong() async throws {
        let hub = FakeHub { _ in .init(200, String(repeating: " ", count: 5_000)) }
        let error = await #expect(throws: OperatorError.self) {
            try await hub.run { address in
                var settings = OperatorClient.Settings()
                settings.answerBytes = 1_000
                return try await OperatorClient(address: address, settings: settings).webhooks()
            }
        }
        #expect(error?.description.hasSuffix("its answer is longer than 1000 bytes") == true)
    }

    @Test("No hub: the address and what to do are named")
    func unreachable() async throws {
        let address = try await FakeHub().run { $0 }
        let error = await #expect(throws: OperatorError.self) { try await OperatorClient(address: address).health() }
        #expect(error?.description == "can't reach a hub at \(address): the connection was refused")
        #expect(error?.advice == "Start the hub with `orra serve`, or check the address.")
        await #expect(throws: OperatorError.self) {
            try await OperatorClient(address: address).progress(orchestration: .init("o_1")) { _ in }
        }
    }
}

@Suite struct ProgressTests {
    private func frame(_ seq: Int, _ type: String = "resumed") -> String { #"{"seq":\#(seq),"type":"\#(type)"}"# }

    /// The frames that a watcher gets from `hub`, and how often it was told of a loss.
    private func watch(_ hub: FakeHub, after: Int = 0) async throws -> (seqs: [Int?], losses: Int) {
        try await hub.run { address in
            let seen = Mutex<[Int?]>([])
            let losses = Mutex(0)
            try await OperatorClient(address: address, apiKey: "k").progress(
                orchestration: .init("o_1"), after: after, onLoss: { _ in losses.withLock { $0 += 1 } }
            ) { frame in seen.withLock { $0.append(frame.seq) } }
            return (seen.withLock { $0 }, losses.withLock { $0 })
        }
    }

    @Test("A lost connection is resumed by number, without a gap and without a duplicate")
    func resumes() async throws {
        let hub = FakeHub(progress: { stream, after in
            switch stream {
            case 1: [.frame(frame(1)), .frame(frame(2)), .close(.serviceRestart)]
            // This hub sends one too many from the start.
            case 2: [.frame(frame(after)), .frame(frame(after + 1)), .close(.policyViolation)]
            default: [.frame(frame(after + 1)), .frame(frame(after + 2, "ended")), .hold]
            }
        })
        let (seqs, losses) = try await watch(hub)
        #expect(seqs == [1, 2, 3, 4, 5])
        #expect(losses == 2)
        #expect(
            hub.streamTargets == [0, 2, 3].map { "/orchestrations/o_1/progress?after=\($0)" })
    }

    @Test("A missing number is asked for again")
    func gap() async throws {
        let hub = FakeHub(progress: { stream, after in
            stream == 1
                ? [.frame(frame(1)), .frame(frame(3)), .hold]
                : [.frame(frame(2)), .frame(frame(3)), .frame(frame(4, "ended")), .hold]
        })
        #expect(try await watch(hub).seqs == [1, 2, 3, 4])
        #expect(hub.streamTargets.last?.hasSuffix("after=1") == true)
    }

    @Test("Types of later versions are passed over, but counted")
    func unknownType() async throws {
        let hub = FakeHub(progress: { _, _ in
            [.frame(frame(1)), .frame(frame(2, "compensation_started")), .frame(frame(3, "ended")), .hold]
        })
        #expect(try await watch(hub).seqs == [1, 3])
        #expect(hub.streamTargets.count == 1)
    }

    @Test("Frames that were deleted are no gap")
    func reset() async throws {
        let hub = FakeHub(progress: { _, _ in
            [.frame(#"{"type":"reset","oldest":7}"#), .frame(frame(7)), .frame(frame(8, "ended")), .hold]
        })
        #expect(try await watch(hub, after: 2).seqs == [nil, 7, 8])
        #expect(hub.streamTargets == ["/orchestrations/o_1/progress?after=2"])
    }

    @Test("A stream that is closed normally is over")
    func closedNormally() async throws {
        let hub = FakeHub(progress: { _, _ in [.close(.normal)] })
        let (seqs, losses) = try await watch(hub, after: 9)
        #expect(seqs.isEmpty && losses == 0)
    }

    @Test("An error of the caller's closure ends the stream")
    func handlerThrows() async throws {
        struct Enough: Error {}
        let hub = FakeHub(progress: { _, _ in [.frame(frame(1)), .hold] })
        await #expect(throws: Enough.self) {
            try await hub.run { address in
                try await OperatorClient(address: address).progress(orchestration: .init("o_1")) { _ in throw Enough() }
            }
        }
    }

    @Test("Something that is no frame is said, and not asked for again")
    func malformed() async throws {
        let hub = FakeHub(progress: { _, _ in [.frame("nonsense"), .hold] })
        let error = await #expect(throws: OperatorError.self) { _ = try await watch(hub) }
        #expect(error?.description.contains("a progress frame can't be read") == true)
    }

    @Test("A hub that refuses the stream is believed")
    func refused() async throws {
        let hub = FakeHub(answer: { _ in
            .init(404, #"{"error":{"kind":"not found","code":"Orra:UnknownOrchestration","message":"no such action"}}"#)
        })
        let error = await #expect(throws: OperatorError.self) { _ = try await watch(hub) }
        #expect(error == .refused(status: 404, APIError(.notFound, .unknownOrchestration, "no such action")))
    }

    @Test("Cancelling the watcher ends it at once")
    func cancelled() async throws {
        let hub = FakeHub(progress: { _, _ in [.frame(frame(1)), .hold] })
        await #expect(throws: CancellationError.self) {
            try await hub.run { address in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    let (seen, signal) = AsyncStream.makeStream(of: Void.self)
                    group.addTask {
                        try await OperatorClient(address: address).progress(orchestration: .init("o_1")) { _ in
                            signal.yield()
                        }
                    }
                    _ = await seen.first { _ in true }
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test("The project's stream follows positions, which may have holes")
    func project() async throws {
        struct Enough: Error {}
        let hub = FakeHub(progress: { stream, after in
            stream == 1
                ? [
                    .frame(#"{"seq":1,"position":5,"type":"received"}"#),
                    .frame(#"{"seq":9,"position":8,"type":"ended"}"#),
                    .close(.serviceRestart),
                ]
                : [.frame(#"{"seq":2,"position":11,"type":"resumed"}"#), .hold]
        })
        let seen = Mutex<[Int64?]>([])
        await #expect(throws: Enough.self) {
            try await hub.run { address in
                try await OperatorClient(address: address).projectProgress(after: 4) { frame in
                    seen.withLock { $0.append(frame.position) }
                    if frame.position == 11 { throw Enough() }
                }
            }
        }
        #expect(seen.withLock { $0 } == [5, 8, 11])
        #expect(hub.streamTargets == ["/progress?after=4", "/progress?after=8"])
    }

    @Test("Waiting times grow to five seconds")
    func backoff() {
        var backoff = ReconnectBackoff()
        let times = (0..<8).map { _ in backoff.next() }
        for (time, limit) in zip(times, [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]) {
            #expect((.milliseconds(limit * 3 / 4) ... .milliseconds(limit)).contains(time))
        }
    }
}
