import OrraModel
import Testing

@Suite("Times, identifiers and retries")
struct ScalarTests {
    @Test(
        "Times are written and read in UTC with milliseconds",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_164_800_123, "2024-02-29T00:00:00.123Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-2_203_977_600_000, "1900-02-28T00:00:00.000Z"), (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"),
            (1_795_367_760_250, "2026-11-22T17:16:00.250Z"), (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func timestamps(milliseconds: Int64, text: String) throws {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text)?.milliseconds == milliseconds)
        #expect(try WireDecoder().decode(Timestamp.self, from: Array("\"\(text)\"".utf8)).milliseconds == milliseconds)
    }

    @Test("Every day of four centuries comes back")
    func everyDay() {
        for day in stride(from: Int64(-80_000), through: 70_000, by: 1) {
            let time = Timestamp(milliseconds: day * 86_400_000 + 1)
            #expect(Timestamp(time.description) == time)
        }
    }

    @Test(
        "Other forms are no times",
        arguments: [
            "", "2026-11-22", "2026-11-22T17:16:00Z", "2026-11-22 17:16:00.250Z", "2026-11-22T17:16:00.250+0",
            "2026-13-01T00:00:00.000Z",
            "2026-00-01T00:00:00.000Z", "2026-02-29T00:00:00.000Z", "2100-02-29T00:00:00.000Z",
            "2026-04-31T00:00:00.000Z",
            "2026-01-00T00:00:00.000Z", "2026-01-01T24:00:00.000Z", "2026-01-01T00:60:00.000Z",
            "2026-01-01T00:00:60.000Z",
            "2026-+1-01T00:00:00.000Z", "2026-01-01T-1:00:00.000Z", "+026-01-01T00:00:00.000Z",
            "2026-01-01T00:00:00.00éZ",
        ])
    func noTimes(text: String) { #expect(Timestamp(text) == nil) }

    @Test("Times and durations add up")
    func arithmetic() {
        let time = Timestamp(milliseconds: 1_000)
        #expect(time + .milliseconds(250) == Timestamp(milliseconds: 1_250))
        #expect(time + .milliseconds(250) - time == .milliseconds(250))
        #expect(Duration.microseconds(1_999).milliseconds == 1)
        #expect(Duration.seconds(2).nanoseconds == 2_000_000_000)
    }

    @Test("Identifiers have their prefix, length and letters, and differ")
    func identifiers() {
        var generator = SystemRandomNumberGenerator()
        let services = (0..<200).map { _ in ServiceID.random(using: &generator).rawValue }
        #expect(Set(services).count == 200)
        #expect(
            services.allSatisfy {
                $0.hasPrefix("s_") && $0.count == 28 && $0.dropFirst(2).allSatisfy { ("a"..."z").contains($0) }
            })
        let letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
        let actions = (0..<200).map { _ in OrchestrationID.random(using: &generator).rawValue }
        #expect(
            actions.allSatisfy { $0.hasPrefix("o_") && $0.count == 24 && $0.dropFirst(2).allSatisfy(letters.contains) })
        #expect(Set(actions.joined().dropFirst(2)).isSuperset(of: letters))
    }

    @Test("Ids that begin with the time come in its order, and differ within a millisecond")
    func orderedIdentifiers() {
        var generator = SystemRandomNumberGenerator()
        let times: [Int64] = [
            .min, 0, 56, 57, 1_790_000_000_000, 1_790_000_000_001, 1_950_000_000_000, 9_000_000_000_000,
        ]
        let ids = times.map { OrchestrationID.ordered(at: Timestamp(milliseconds: $0), using: &generator) }
        #expect(ids.dropFirst() == ids.dropFirst().sorted()[...])
        #expect(ids[0].rawValue.prefix(10) == "o_22222222")
        #expect(ids[3].rawValue.prefix(10) == "o_22222232")
        let letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
        let latest = OrchestrationID.ordered(at: Timestamp(milliseconds: .max), using: &generator)
        for id in ids + [latest] {
            #expect(id.rawValue.count == 24)
            #expect(id.rawValue.dropFirst(2).allSatisfy(letters.contains))
        }
        let now = Timestamp(milliseconds: 1_790_000_000_000)
        let deliveries = (0..<200).map { _ in DeliveryID.ordered(at: now, using: &generator) }
        #expect(Set(deliveries).count == 200)
        #expect(Set(deliveries.map { $0.rawValue.prefix(10) }).count == 1)
    }

    @Test("Task ids read and order as numbers")
    func taskIDs() {
        #expect(TaskID("task0") == .zero)
        #expect(TaskID("task9999")?.number == 9999)
        for text in [
            "", "task", "task01", "task00", "task-1", "task+1", "task10000", "Task1", "task1 ", " task1", "task1.a",
            "task１", "final",
        ] {
            #expect(TaskID(text) == nil, "\(text)")
        }
        #expect([TaskID(10), TaskID(9), TaskID(0)].sorted().map(\.description) == ["task0", "task9", "task10"])
    }

    @Test("Waits double up to their ceiling, within the jitter")
    func retries() {
        let exact = RetryPolicy(jitter: 0)
        #expect(
            (1...7).map { exact.delay(afterAttempt: $0, fraction: 0.7) }
                == [1, 2, 4, 8, 16, 30, 30].map(Duration.seconds))
        #expect(exact.delay(afterAttempt: 0, fraction: 0) == .seconds(1))
        #expect(RetryPolicy.standard.delay(afterAttempt: 1, fraction: 0) == .milliseconds(900))
        #expect(RetryPolicy.standard.delay(afterAttempt: 1, fraction: 0.5) == .milliseconds(1_000))
        #expect((1_000...1_100).contains(RetryPolicy.standard.delay(afterAttempt: 1, fraction: 0.999).milliseconds))
        #expect(RetryPolicy(backoff: 1, jitter: 0).delay(afterAttempt: 50, fraction: 0) == .seconds(1))
    }

    @Test("A retry policy takes the standard's values for what is missing and refuses nonsense")
    func retryCoding() throws {
        func decode(_ text: String) throws -> RetryPolicy {
            try WireDecoder().decode(RetryPolicy.self, from: Array(text.utf8))
        }
        #expect(try decode("{}") == .standard)
        #expect(try decode(#"{"max_attempts":1,"initial_interval_ms":5}"#).initialInterval == .milliseconds(5))
        let policy = RetryPolicy(maximumAttempts: 3, initialInterval: .milliseconds(10), backoff: 1.5, jitter: 0)
        #expect(try WireDecoder().decode(RetryPolicy.self, from: WireEncoder().encode(policy)) == policy)
        for text in [
            #"{"max_attempts":0}"#, #"{"max_attempts":101}"#, #"{"jitter":1.5}"#, #"{"backoff":0.5}"#,
            #"{"initial_interval_ms":0}"#,
            #"{"max_interval_ms":9223372036854775807}"#, #"{"jitter":1e400}"#,
        ] { #expect(throws: DecodingError.self, "\(text)") { try decode(text) } }
    }

    @Test("times that are out of every range end at its ends")
    func saturatedTimes() {
        let (first, last) = (Timestamp(milliseconds: .min), Timestamp(milliseconds: .max))
        #expect(last + .seconds(1) == last)
        #expect(first + .seconds(-1) == first)
        #expect(first - .seconds(1) == first)
        #expect(last - .seconds(-1) == last)
        #expect((last - first).milliseconds == .max)
        #expect((first - last).milliseconds == .min)
        #expect((last - first).nanoseconds == .max)
        #expect(Duration.seconds(Int64.max).milliseconds == .max)
        #expect(Duration.seconds(Int64.min).nanoseconds == .min)
        #expect(Duration.milliseconds(-1_500).milliseconds == -1_500)
    }
}
