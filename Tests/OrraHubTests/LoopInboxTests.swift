import OrraCore
import OrraModel
import Synchronization
import Testing

@testable import OrraHub

@Suite("Where inputs wait for the loop")
struct LoopInboxTests {
    private final class Log: Sendable {
        private let entries = Mutex<[Int]>([])
        var all: [Int] { entries.withLock { $0 } }
        func add(_ entry: Int) { entries.withLock { $0.append(entry) } }
    }

    /// Told apart by their connection.
    private static func input(_ number: Int) -> Input { .drain(ConnectionID(UInt64(number))) }

    private static func number(of input: Input) -> Int? {
        guard case .drain(let id) = input else { return nil }
        return Int(id.number)
    }

    private static func full(_ log: Log = Log()) -> LoopInbox {
        let inbox = LoopInbox { log.add(-1) }
        for _ in 0..<Limits.queuedInputs { inbox.put(input(0)) }
        return inbox
    }

    @Test("what comes while the queue is full is held, and taken in order once there is room")
    func held() {
        let (inbox, log) = (Self.full(), Log())
        for number in 1...3 { #expect(!inbox.offer(Self.input(number)) { log.add(number) }) }
        #expect(!inbox.offerAside(Self.input(4)) { log.add(4) })
        #expect(inbox.take().inputs.count == Limits.queuedInputs)
        inbox.applied(left: Limits.queuedInputs)
        #expect(log.all == [])
        inbox.applied(left: Limits.queuedInputs - 2)
        #expect(log.all == [1, 2])
        #expect(!inbox.rest(), "what was held wakes nobody, so the loop must not rest")
        #expect(inbox.take().inputs.compactMap(Self.number) == [1, 2])
        inbox.applied(left: 0)
        #expect(log.all == [1, 2, 3, 4])
        #expect(inbox.take().inputs.compactMap(Self.number) == [3, 4])
        inbox.applied(left: 0)
        #expect(inbox.rest())
        #expect(inbox.offer(Self.input(5)) { log.add(5) })
        #expect(log.all == [1, 2, 3, 4])
    }

    @Test("what is held when the loop ends is let go")
    func closed() {
        let (inbox, log) = (Self.full(), Log())
        #expect(!inbox.offer(Self.input(1)) { log.add(1) })
        inbox.close()
        #expect(log.all == [1])
        #expect(inbox.offer(Self.input(2)) { log.add(2) })
    }

    @Test("a sign of life wakes nobody; what is urgent does, and takes it along")
    func aside() {
        let log = Log()
        let inbox = LoopInbox { log.add(-1) }
        #expect(inbox.offerAside(Self.input(1)) { log.add(1) })
        #expect(log.all == [])
        #expect(inbox.offer(Self.input(2)) { log.add(2) })
        #expect(log.all == [-1])
        #expect(inbox.take().inputs.compactMap(Self.number) == [1, 2])
    }
}
