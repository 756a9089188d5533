import OrraModel
import Testing

@testable import OrraSDK

@Suite("Unacknowledged messages")
struct OutboxTests {
    func entry(_ id: String, _ kind: Outbox.Entry.Kind = .progress, key: String = "k", bytes: Int = 1) -> Outbox.Entry {
        Outbox.Entry(
            id: id, kind: kind, idempotencyKey: IdempotencyKey(rawValue: key),
            frame: Array(repeating: 0x20, count: bytes))
    }

    func rest(_ outbox: inout Outbox) -> [String] {
        var ids: [String] = []
        while let entry = outbox.next() { ids.append(entry.id) }
        return ids
    }

    @Test("are sent once on each connection, in order, until they are acknowledged")
    func order() {
        var outbox = Outbox()
        for id in ["a", "b", "c"] { #expect(outbox.append(entry(id)) == 0) }
        #expect(outbox.next()?.id == "a")
        #expect(outbox.acknowledge("a") == true)
        #expect(outbox.acknowledge("a") == false)
        #expect(rest(&outbox) == ["b", "c"])
        #expect(outbox.append(entry("d")) == 0)
        #expect(rest(&outbox) == ["d"])
        outbox.rewind()
        #expect(outbox.next()?.id == "b")
        #expect(outbox.acknowledge("c") == true)
        #expect(rest(&outbox) == ["d"])
        #expect(outbox.acknowledge("b") == true)
        #expect(outbox.acknowledge("d") == true)
        #expect(outbox.isEmpty && outbox.bytes == 0)
    }

    @Test("over the bounds the oldest progress goes first, then the oldest answer; one may always wait")
    func bounds() {
        var outbox = Outbox(maximumEntries: 3, maximumBytes: 100)
        for item in [entry("r1", .result), entry("p1"), entry("p2")] { #expect(outbox.append(item) == 0) }
        #expect(outbox.next()?.id == "r1")
        #expect(outbox.append(entry("r2", .result)) == 1)
        #expect(rest(&outbox) == ["p2", "r2"])
        #expect(outbox.append(entry("r3", .result, bytes: 98)) == 1)
        outbox.rewind()
        #expect(rest(&outbox) == ["r1", "r2", "r3"])
        #expect(outbox.append(entry("r4", .abort, bytes: 500)) == 3)
        #expect(outbox.count == 1 && outbox.bytes == 500)
    }

    @Test("knows whether a final answer to a task is on its way; an error is none")
    func answers() {
        var outbox = Outbox()
        let key = IdempotencyKey(rawValue: "k")
        _ = outbox.append(entry("p"))
        _ = outbox.append(entry("f", .failure))
        _ = outbox.append(entry("o", .result, key: "other"))
        #expect(!outbox.holdsAnswer(to: key))
        _ = outbox.append(entry("r", .abort))
        #expect(outbox.holdsAnswer(to: key))
    }
}
