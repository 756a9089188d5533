import OrraModel
import OrraProtocol
import OrraWebSocket
import Testing

@testable import OrraHub

@Suite("Progress batches")
struct ProgressBatchTests {
    private static func items(_ numbers: [Int64], bytes: Int = 100) -> [ProgressReader.Page.Item] {
        numbers.map { number in
            var frame = ProgressFrame(type: .resumed)
            frame.position = number
            frame.output = RawJSON(.string(String(repeating: "x", count: bytes)))
            return ProgressReader.Page.Item(number: number, frame: frame)
        }
    }

    private static func size(_ items: some Sequence<ProgressReader.Page.Item>) throws -> Int {
        var items = Array(items)[...]
        return try ProgressBatch(taking: &items)?.frames.byteCount ?? 0
    }

    @Test("a batch gives what is behind a number, whatever the number, and says what comes first")
    func rest() throws {
        let all = Self.items([5, 6, 9, 10])
        var items = all[...]
        let batch = try #require(try ProgressBatch(taking: &items))
        #expect(items.isEmpty)
        #expect(batch.last == 10)
        for after in Int64(0)...12 {
            let wanted = all.filter { $0.number > after }
            let rest = batch.rest(after: after)
            #expect(rest?.first == wanted.first?.number, "after \(after)")
            #expect(try rest?.frames.byteCount ?? 0 == Self.size(wanted), "after \(after)")
        }
    }

    @Test("a batch ends with the frame that fills it; the next one goes on there, and the last is followed by none")
    func bound() throws {
        let all = Self.items(Array(1...20), bytes: Limits.watcherBatchBytes / 3)
        var items = all[...]
        var last: Int64 = 0
        while let batch = try ProgressBatch(taking: &items) {
            #expect(batch.rest(after: 0)?.first == last + 1)
            last = batch.last
            #expect(batch.frames.byteCount < 2 * Limits.watcherBatchBytes)
            if !items.isEmpty { #expect(batch.frames.byteCount >= Limits.watcherBatchBytes) }
        }
        #expect(last == 20)
    }

    @Test("a frame that is larger than a batch goes alone")
    func large() throws {
        var items = Self.items([1, 2], bytes: 3 * Limits.watcherBatchBytes)[...]
        let batch = try #require(try ProgressBatch(taking: &items))
        #expect(batch.last == 1)
        #expect(items.count == 1)
    }
}
