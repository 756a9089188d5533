import Crypto
public import OrraModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension IdempotencyKey {
    /// SHA-256 over orchestration, task and `task`, in hexadecimal. Made once, when the task becomes ready, and journaled.
    public static func task(_ task: TaskID, of orchestration: OrchestrationID) -> IdempotencyKey {
        let digest = SHA256.hash(data: Array("\(orchestration)\n\(task)\ntask".utf8))
        return IdempotencyKey(rawValue: digest.hexadecimal)
    }

    /// A number in 0..<1 for the jitter of an attempt: spread like chance, and the same at every replay.
    func fraction(_ attempt: Int) -> Double {
        var state: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in rawValue.utf8 { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
        state = (state ^ UInt64(attempt)) &* 0x9e37_79b9_7f4a_7c15
        return Double(state >> 11) / Double(1 << 53)
    }
}
