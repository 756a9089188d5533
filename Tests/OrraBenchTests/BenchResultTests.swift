import Foundation
import Histogram
import NIOCore
import Testing

@testable import OrraBench

@Suite("Results")
struct BenchResultTests {
    @Test("latencies are in order, in microseconds")
    func latency() throws {
        var histogram = Tally().accepted
        for milliseconds in 1...1_000 { histogram.record(UInt64(milliseconds) * 1_000_000) }
        let latency = try #require(Latency(histogram))
        #expect(latency.count == 1_000)
        // Three digits.
        #expect(abs(latency.p50 - 500_000) <= 500)
        #expect(abs(latency.p95 - 950_000) <= 950)
        #expect(abs(latency.p99 - 990_000) <= 990)
        #expect(abs(latency.max - 1_000_000) <= 1_000)
        #expect(Latency(Tally().hop) == nil)
    }

    @Test("latencies of a run are in order")
    func order() async throws {
        let result = try await Bench.ceiling(smallLoad { $0.length = 3 })
        for latency in try [#require(result.accepted), #require(result.hop), #require(result.webhook)] {
            #expect(latency.p50 <= latency.p95)
            #expect(latency.p95 <= latency.p99)
            #expect(latency.p99 <= latency.max)
        }
    }

    @Test("are the same behind a trip through JSON")
    func json() async throws {
        let result = try await Bench.ceiling(smallLoad())
        let data = try JSONEncoder().encode(result)
        #expect(try JSONDecoder().decode(BenchResult.self, from: data) == result)
    }

    @Test("the table tells what was run and what went wrong")
    func text() async throws {
        let load = smallLoad {
            ($0.length, $0.width, $0.patienceSeconds) = (2, 2, 0.2)
        }
        let text = try await Bench.ceiling(load, faults: [2: .refused]).text
        #expect(text.contains("4 in flight, 4 tasks an action (2 chains of 2)"))
        #expect(text.contains("POST -> webhook"))
        #expect(!text.contains("POST -> progress"))
        #expect(text.contains("1 x HTTP 503 Orra:Test"))
        #expect(text.contains("wrong 0   lost 0"))
    }

    @Test("numbers have the decimals that they should", arguments: [(1.0, "1.00"), (0.055, "0.06"), (12.345, "12.35")])
    func number(value: Double, text: String) {
        #expect(BenchResult.number(value, 2) == text)
        #expect(BenchResult.number(1_234.5, 0) == "1235")
    }

    @Test(
        "a place is read from a URL",
        arguments: [
            ("http://127.0.0.1:8005/a", Place(host: "127.0.0.1", port: 8005)), ("https://127.0.0.1:8005/", nil),
            ("http://127.0.0.1/", nil), ("http://h:p/", nil),
        ])
    func place(url: String, place: Place?) {
        #expect(Place(url: url) == place)
    }

    #if os(Linux)
        @Test("this process tells memory and processor, and is found by its port")
        func process() async throws {
            let own = try #require(LocalProcess.own.sample())
            #expect(own.resident > 1_000_000)
            #expect(try #require(LocalProcess.own.peak) >= own.resident / 2)
            let idle = try await Bench.ceiling(smallLoad())
            #expect(idle.ownCores >= 0)
            #expect(LocalProcess(listeningOn: Place(host: "192.0.2.1", port: 8005)) == nil)
        }
    #endif
}
