import Foundation
import NIOConcurrencyHelpers
import OrraModel
import Testing

@testable import OrraSDK

@Suite("Results by idempotency key")
struct ResultCacheTests {
    let start = Timestamp(milliseconds: 1_800_000_000_000)

    func key(_ text: String) -> IdempotencyKey { IdempotencyKey(rawValue: text) }

    func entry(_ name: String, at time: Timestamp, bytes: Int = 2) -> ResultCache.Entry {
        ResultCache.Entry(
            idempotencyKey: key(name), kind: .result, value: RawJSON(.string(String(repeating: "x", count: bytes - 2))),
            savedAt: time)
    }

    @Test("are known for 24 hours")
    func expiry() {
        var cache = ResultCache()
        cache.insert(entry("a", at: start), at: start)
        let later = start + .seconds(24 * 3600)
        #expect(cache.entry(for: key("a"), at: start + .milliseconds(86_399_999)) != nil)
        #expect(cache.entry(for: key("a"), at: later) == nil)
        cache.insert(entry("b", at: later), at: later)
        #expect(cache.count == 1 && cache.bytes == 3)
        cache.insert(entry("old", at: start), at: later)
        #expect(cache.count == 1, "what is too old does not come in")
    }

    @Test("are bounded in number and bytes; the oldest go first, and one may always stay")
    func bounds() {
        var cache = ResultCache(maximumEntries: 2, maximumBytes: 100)
        for name in ["a", "b", "c"] { cache.insert(entry(name, at: start), at: start) }
        #expect(cache.entries.map(\.idempotencyKey.rawValue) == ["b", "c"])
        cache.insert(entry("d", at: start, bytes: 97), at: start)
        #expect(cache.entries.map(\.idempotencyKey.rawValue) == ["d"] && cache.bytes == 98)
        cache.insert(entry("e", at: start, bytes: 1_000), at: start)
        #expect(cache.entries.map(\.idempotencyKey.rawValue) == ["e"] && cache.bytes == 1_001)
    }

    @Test("the first answer to a key stays")
    func first() {
        var cache = ResultCache()
        cache.insert(entry("a", at: start, bytes: 10), at: start)
        cache.insert(entry("a", at: start, bytes: 20), at: start)
        #expect(cache.entry(for: key("a"), at: start)?.value.bytes.count == 10)
    }

    @Test("lines of the file are read as they were written, also values with line breaks in them")
    func lines() throws {
        let value = try RawJSON(validating: Array("{\"a\": 1.50,\n\"b\":\"line\\nbreak\"}".utf8))
        let entry = ResultCache.Entry(idempotencyKey: key("k"), kind: .abort, value: value, savedAt: start)
        let line = entry.line
        #expect(line.last == 0x0A && line.filter { $0 == 0x0A }.count == 1)
        let read = try #require(ResultCache.Entry(line: line.dropLast()))
        #expect(read.kind == .abort && read.savedAt == start && read.value.value == value.value)
        #expect(read.value.text.contains("1.50"))
        for length in 0..<(line.count - 1) {
            #expect(ResultCache.Entry(line: line.prefix(length)) == nil, "a torn line is none")
        }
    }
}

@Suite("The file of results")
struct ResultJournalTests {
    let scratch: Scratch
    let clock = NIOLockedValueBox(Timestamp(milliseconds: 1_800_000_000_000))

    init() throws { scratch = try Scratch() }

    func open(minimumCompaction: Int = 4 * 1024 * 1024) throws -> ResultJournal {
        try ResultJournal(
            in: DataDirectory(scratch.path, name: "tool"), minimumCompaction: minimumCompaction
        ) { [clock] in clock.withLockedValue { $0 } }
    }

    func key(_ text: String) -> IdempotencyKey { IdempotencyKey(rawValue: text) }
    var path: String { scratch.path + "/tool.results.jsonl" }
    func lines() throws -> Int { try Data(contentsOf: URL(filePath: path)).filter { $0 == 0x0A }.count }

    @Test("survives a restart, for its owner's eyes only")
    func restart() async throws {
        let first = try open()
        try await first.save(.result, RawJSON(["n": 1]), for: key("a"))
        try await first.save(.abort, .null, for: key("b"))
        await first.close()
        let second = try open()
        #expect(await second.entry(for: key("a"))?.value.text == #"{"n":1}"#)
        #expect(await second.entry(for: key("b"))?.kind == .abort)
        #expect(await second.entry(for: key("c")) == nil)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        await second.close()
    }

    @Test("does without a torn last line and without rubbish, and is whole again after the restart")
    func torn() async throws {
        let first = try open()
        try await first.save(.result, RawJSON(["n": 1]), for: key("a"))
        try await first.save(.result, RawJSON(["n": 2]), for: key("b"))
        await first.close()
        var data = try Data(contentsOf: URL(filePath: path))
        data.removeLast(7)
        try (Data("rubbish\n".utf8) + data).write(to: URL(filePath: path))
        let second = try open()
        #expect(await second.entry(for: key("a")) != nil)
        #expect(await second.entry(for: key("b")) == nil)
        try await second.save(.result, RawJSON(["n": 3]), for: key("b"))
        await second.close()
        let third = try open()
        #expect(await third.entry(for: key("b"))?.value.text == #"{"n":3}"#)
        await third.close()
    }

    @Test("drops what is over a day old at the next start")
    func expiry() async throws {
        let first = try open()
        try await first.save(.result, RawJSON(["n": 1]), for: key("a"))
        await first.close()
        clock.withLockedValue { $0 = $0 + .seconds(86_400) }
        let second = try open()
        #expect(await second.entry(for: key("a")) == nil)
        #expect(try lines() == 0)
        await second.close()
    }

    @Test("is written anew when most of it is old")
    func compaction() async throws {
        let journal = try open(minimumCompaction: 100)
        for number in 0..<5 {
            try await journal.save(.result, RawJSON(["n": 1]), for: key("\(number)"))
        }
        #expect(try lines() == 5)
        clock.withLockedValue { $0 = $0 + .seconds(86_400) }
        try await journal.save(.result, RawJSON(["n": 1]), for: key("new"))
        #expect(try lines() == 1)
        try await journal.save(.result, RawJSON(["n": 1]), for: key("newer"))
        #expect(try lines() == 2)
        await journal.close()
        let next = try open()
        #expect(await next.entry(for: key("newer")) != nil)
        await next.close()
    }

    @Test("a second process of the same component has a file of its own")
    func slots() async throws {
        let first = try open()
        let second = try open()
        try await second.save(.result, RawJSON(["n": 2]), for: key("a"))
        #expect(FileManager.default.fileExists(atPath: scratch.path + "/tool.2.results.jsonl"))
        #expect(await first.entry(for: key("a")) == nil)
        await first.close()
        await second.close()
    }
}
