import OrraModel
import OrraProtocol
import Testing

@Suite("GoDuration")
struct GoDurationTests {
    @Test(
        "reads Go's forms",
        arguments: [
            ("30s", Duration.seconds(30)), ("1m30s", .seconds(90)), ("500ms", .milliseconds(500)),
            ("2h45m", .seconds(9_900)), ("1.5h", .seconds(5_400)), (".5s", .milliseconds(500)),
            ("100us", .microseconds(100)), ("100µs", .microseconds(100)), ("100μs", .microseconds(100)),
            ("7ns", .nanoseconds(7)), ("0", .zero), ("0s", .zero),
        ])
    func forms(text: String, duration: Duration) {
        #expect(GoDuration(text)?.duration == duration)
    }

    @Test(
        "refuses what is no duration",
        arguments: [
            "", " ", "30", "s", "-5s", "+5s", "5 s", "5S", "5sec", "1..5s", ".s", "5s!", "s5", "٣s",
            "99999999999h", String(repeating: "1", count: 65) + "s",
        ])
    func faults(text: String) {
        #expect(GoDuration(text) == nil)
    }

    @Test("takes a number of nanoseconds")
    func nanoseconds() throws {
        #expect(try decode("30000000000").duration == .seconds(30))
        #expect(try decode("\"1m\"").duration == .seconds(60))
    }

    @Test("says what is expected", arguments: ["-1", "1.5", "true", "\"30\"", "{}", "null"])
    func decodingFaults(text: String) {
        #expect(throws: DecodingError.self) { try decode(text) }
    }

    @Test(
        "writes as Go does",
        arguments: [
            (Duration.zero, "0s"), (.milliseconds(500), "500ms"), (.microseconds(1_500), "1.5ms"),
            (.seconds(30), "30s"), (.milliseconds(1_500), "1.5s"), (.seconds(90), "1m30s"), (.seconds(60), "1m0s"),
            (.seconds(7_200), "2h0m0s"), (.seconds(86_400), "24h0m0s"),
        ])
    func text(duration: Duration, text: String) {
        #expect(GoDuration(duration).text == text)
        #expect(GoDuration(text)?.duration == duration)
    }

    @discardableResult
    private func decode(_ text: String) throws -> GoDuration {
        try WireDecoder().decode(GoDuration.self, from: Array(text.utf8))
    }
}
