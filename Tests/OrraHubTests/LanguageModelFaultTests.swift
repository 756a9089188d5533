import Logging
import OrraModel
import OrraPlanner
import Testing

@testable import OrraHub

@Suite("A language model's faults", .timeLimit(.minutes(2)))
struct LanguageModelFaultTests {
    @Test("429 and 5xx are tried again after waits that grow", arguments: [429, 500, 502, 503, 504, 529])
    func retries(status: Int) async throws {
        try await ScriptedModel.run([.status(status), .status(status), .text("x")]) { endpoint in
            let bench = ModelBench(endpoint)
            let answer = try await bench.ask().get()
            #expect(answer.text == "x")
            #expect(answer.usage.requests == 3)
            #expect(bench.time.waits == [.milliseconds(250), .milliseconds(500)])
        }
    }

    @Test("after three requests there is no other, and the fault says what came")
    func bounded() async throws {
        try await ScriptedModel.run([.status(503)]) { endpoint in
            let fault = await ModelBench(endpoint).fault()
            #expect(fault?.kind == .unreachable)
            #expect(fault?.reason.hasSuffix("answers 503: it is down or overloaded") == true)
            #expect(fault?.usage?.requests == 3)
            #expect(endpoint.requests.count == 3)
        }
    }

    @Test(
        "Retry-After is kept to, in seconds and as a date",
        arguments: [("3", 3.0), ("Mon, 23 Nov 2026 00:00:00 GMT", 10.0), ("0", 0.25), ("soon", 0.25), ("-5", 0.25)])
    func retryAfter(header: String, seconds: Double) async throws {
        try await ScriptedModel.run([.status(429, retryAfter: header), .text("x")]) { endpoint in
            let bench = ModelBench(endpoint)
            #expect(await bench.text() == "x")
            #expect(bench.time.waits == [.milliseconds(Int64(seconds * 1_000))])
        }
    }

    @Test("an endpoint that asks for too long a wait is not tried again early", arguments: ["31", "86400", "1e300"])
    func longRetryAfter(header: String) async throws {
        try await ScriptedModel.run([.status(429, retryAfter: header), .text("x")]) { endpoint in
            let bench = ModelBench(endpoint)
            #expect(await bench.fault()?.kind == .rateLimited)
            #expect(endpoint.requests.count == 1)
            #expect(bench.time.waits.isEmpty)
        }
    }

    @Test("waits do not go beyond the time for the answer")
    func deadline() async throws {
        try await ScriptedModel.run([.status(429, retryAfter: "6"), .status(429, retryAfter: "6"), .text("x")]) {
            endpoint in
            let bench = ModelBench(endpoint) { $0.timeout = .seconds(10) }
            #expect(await bench.fault()?.kind == .rateLimited)
            #expect(bench.time.waits == [.seconds(6)])
        }
    }

    @Test("what will not pass is not tried again", arguments: [301, 400, 401, 403, 404, 413, 418])
    func rejected(status: Int) async throws {
        try await ScriptedModel.run([.status(status)]) { endpoint in
            let fault = await ModelBench(endpoint).fault()
            #expect(fault?.kind == .rejected)
            #expect(fault?.reason.contains("answers \(status): ") == true)
            #expect(endpoint.requests.count == 1)
        }
    }

    @Test("an answer that does not come in time is given up, and not asked for again")
    func slow() async throws {
        try await ScriptedModel.run([.never]) { endpoint in
            let bench = ModelBench(endpoint) {
                $0.timeout = .seconds(3)  // of which the question must not take all, on any machine
                $0.promptPrice = 1_000_000
            }
            let fault = await bench.fault(String(repeating: "x", count: 4_000))
            #expect(fault?.kind == .timedOut)
            #expect(endpoint.requests.count == 1)
            // The provider bills the question all the same.
            let usage = try #require(fault?.usage)
            #expect((1_000...1_200).contains(usage.promptTokens) && usage.completionTokens == 0)
            #expect(usage.microcost == usage.promptTokens)
            #expect(await bench.ledger.usages == [usage])
        }
    }

    @Test("what an endpoint refused, or never got, costs nothing", arguments: [429, 500, 401, 0])
    func free(status: Int) async throws {
        try await ScriptedModel.run([.status(status == 0 ? 200 : status)]) { endpoint in
            let bench =
                status == 0
                ? ModelBench(baseURL: "http://127.0.0.1:1/v1") { $0.promptPrice = 1_000_000 }
                : ModelBench(endpoint) { $0.promptPrice = 1_000_000 }
            let fault = await bench.fault()
            #expect(fault?.usage?.promptTokens == 0)
            #expect(await bench.ledger.usages.isEmpty)
        }
    }

    @Test("a connection that is cut in the middle of an answer is tried again")
    func cutOff() async throws {
        try await ScriptedModel.run([.cutOff, .text("x")]) { endpoint in
            let bench = ModelBench(endpoint)
            let answer = try await bench.ask(String(repeating: "x", count: 4_000)).get()
            #expect(answer.text == "x")
            #expect(endpoint.requests.count == 2)
            // The endpoint's own 1,000 of the second question, and an estimate of the first.
            #expect((2_000...2_200).contains(answer.usage.promptTokens))
            #expect(answer.usage.completionTokens == 200)
            #expect(await bench.ledger.usages == [answer.usage])
        }
        try await ScriptedModel.run([.cutOff]) { endpoint in
            let bench = ModelBench(endpoint)
            let fault = await bench.fault(String(repeating: "x", count: 4_000))
            #expect(fault?.kind == .unreachable)
            #expect((3_000...3_600).contains(fault?.usage?.promptTokens ?? 0))
            #expect(await bench.ledger.usages.count == 1)
        }
    }

    @Test("where nobody listens the fault says so")
    func nobody() async throws {
        let fault = await ModelBench(baseURL: "http://127.0.0.1:1/v1").fault()
        #expect(fault?.kind == .unreachable)
        #expect(fault?.reason.contains("can't be reached") == true)
    }

    @Test(
        "garbage is told as such",
        arguments: [
            ("<html>", "sent no JSON"), ("[]", "sent no JSON"), ("", "sent no JSON"),
            ("{\"choices\":[]}", "sent an answer without choices"),
            ("{\"error\":{\"message\":\"x\"}}", "sent an answer without choices"),
            ("{\"choices\":[{}]}", "answered nothing"),
            ("{\"choices\":[{\"message\":{\"content\":5}}]}", "answered nothing"),
            ("{\"choices\":[{\"finish_reason\":\"content_filter\"}]}", "held the answer back"),
        ])
    func garbage(body: String, reason: String) async throws {
        try await ScriptedModel.run([.body(body)]) { endpoint in
            let fault = await ModelBench(endpoint).fault()
            #expect(fault?.reason.contains(reason) == true)
            #expect(endpoint.requests.count == 1)
        }
    }

    @Test("an answer beyond a mebibyte is not read")
    func huge() async throws {
        try await ScriptedModel.run([.huge(4 << 20)]) { endpoint in
            let fault = await ModelBench(endpoint).fault()
            #expect(fault?.kind == .malformed)
            #expect(fault?.reason.hasSuffix("sent more than 1048576 bytes") == true)
        }
    }

    @Test("after five faults in a row nothing is sent for 30 s, then one request finds out")
    func breaker() async throws {
        try await ScriptedModel.run([.status(500)]) { endpoint in
            let bench = ModelBench(endpoint)
            #expect(await bench.fault()?.kind == .unreachable)
            #expect(await bench.fault()?.kind == .unreachable)
            #expect(endpoint.requests.count == 5)
            let fault = await bench.fault()
            #expect(fault?.kind == .circuitOpen)
            #expect(fault?.usage == nil)
            #expect(endpoint.requests.count == 5)
            bench.time.pass(.seconds(30))
            // The probe fails: another 30 s.
            #expect(await bench.fault()?.kind == .unreachable)
            #expect(endpoint.requests.count == 6)
            #expect(await bench.fault()?.kind == .circuitOpen)
            bench.time.pass(.seconds(30))
            endpoint.then(.text("x"))
            #expect(await bench.text() == "x")
            #expect(await bench.text() == "x")
        }
    }

    @Test("while one request finds out, others are refused")
    func oneProbe() async throws {
        try await ScriptedModel.run([.status(500)]) { endpoint in
            let bench = ModelBench(endpoint)
            _ = await bench.fault()
            _ = await bench.fault()
            bench.time.pass(.seconds(30))
            endpoint.then(.held(.text("x")))
            async let probe = bench.ask()
            try await until("the probe is on its way") { endpoint.requests.count == 6 }
            #expect(await bench.fault()?.kind == .circuitOpen)
            endpoint.release()
            let answer = try await probe.get()
            #expect(answer.text == "x")
            #expect(endpoint.requests.count == 6)
        }
    }

    @Test("a caller who goes away ends the request, and the endpoint is not blamed")
    func cancelled() async throws {
        try await ScriptedModel.run([.never]) { endpoint in
            let bench = ModelBench(endpoint)
            try await withThrowingTaskGroup(of: ModelFault?.self) { group in
                group.addTask { await bench.fault() }
                try await until("the request is there") { !endpoint.requests.isEmpty }
                group.cancelAll()
                let fault = try #require(try await group.next() ?? nil)
                #expect(fault.kind == .unreachable)
                let host = endpoint.baseURL.dropFirst(7).dropLast(3)
                #expect(fault.reason == "nobody waits for \(host)'s answer any more")
                #expect(fault.usage?.requests == 1)
                #expect(await bench.ledger.usages == [fault.usage])
            }
            endpoint.then(.text("x"))
            #expect(await bench.text() == "x")
        }
    }

    // MARK: - The breaker alone

    @Test("a success between faults starts the count anew")
    func count() {
        var breaker = CircuitBreaker()
        for _ in 0..<4 { breaker.failed(.allowed, at: .zero) }
        breaker.succeeded()
        for _ in 0..<4 { breaker.failed(.allowed, at: .zero) }
        #expect(breaker.ask(at: .zero) == .allowed)
        breaker.failed(.allowed, at: .seconds(1))
        #expect(breaker.ask(at: .seconds(11)) == .refused(retryAfter: .seconds(20)))
        #expect(breaker.ask(at: .seconds(31)) == .probe)
        // Late faults of requests from before neither end nor lengthen anything.
        breaker.failed(.allowed, at: .seconds(31))
        #expect(breaker.ask(at: .seconds(31)) == .refused(retryAfter: .seconds(1)))
        breaker.abandoned(.probe, at: .seconds(32))
        #expect(breaker.ask(at: .seconds(32)) == .probe)
        breaker.succeeded()
        #expect(breaker.ask(at: .seconds(32)) == .allowed)
    }
}
