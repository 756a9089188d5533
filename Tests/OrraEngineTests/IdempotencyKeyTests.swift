import OrraModel
import Testing

@testable import OrraEngine

@Suite("Idempotency keys")
struct IdempotencyKeyTests {
    @Test("a key is 64 hexadecimal digits, one for each task, kind of work, request and orchestration")
    func unique() {
        var keys: Set<IdempotencyKey> = []
        // The last two begin alike.
        let ids = ["", "o_", "o_1", "o_4yexc3wfgPWhvdK77NMFx5", "o_4yexc3wfgPWhvdK77NMFx6"].map { OrchestrationID($0) }
        for id in ids {
            for task in [TaskID(1), TaskID(2)] {
                keys.insert(.task(task, of: id))
                for number in 1...3 { keys.insert(.compensation(of: task, of: id, number: number)) }
            }
        }
        #expect(keys.count == ids.count * 2 * 4)
        let digits = "0123456789abcdef"
        #expect(keys.allSatisfy { $0.rawValue.count == 64 && $0.rawValue.allSatisfy(digits.contains) })
    }

    @Test("keys come in the order in which their orchestrations' ids were made")
    func order() {
        var random = SystemRandomNumberGenerator()
        let keys = (0..<100).map { (second: Int64) -> IdempotencyKey in
            let at = Timestamp(milliseconds: 1_790_000_000_000 + second * 1_000)
            return .task(TaskID(Int(second % 3) + 1), of: .ordered(at: at, using: &random))
        }
        #expect(keys.map(\.rawValue) == keys.map(\.rawValue).sorted())
    }

    @Test("a key is the same however often it is made")
    func golden() {
        let id = OrchestrationID("o_4yexc3wfgPWhvdK77NMFx5")
        #expect(IdempotencyKey.task(TaskID(1), of: id) == .task(TaskID(1), of: id))
        #expect(IdempotencyKey.task(TaskID(1), of: id).rawValue.hasPrefix("3479657863337766"))
    }
}
