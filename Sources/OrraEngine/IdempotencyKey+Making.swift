import Crypto
public import OrraModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension IdempotencyKey {
    /// From a digest of orchestration, task and `task`. Made once, when the task becomes ready, and journaled.
    public static func task(_ task: TaskID, of orchestration: OrchestrationID) -> IdempotencyKey {
        make("\(orchestration)\n\(task)\ntask", orchestration)
    }

    /// Of the `number`th request to undo the task: from a digest of orchestration, task, `compensation` and the number.
    static func compensation(of task: TaskID, of orchestration: OrchestrationID, number: Int) -> IdempotencyKey {
        make("\(orchestration)\n\(task)\ncompensation\n\(number)", orchestration)
    }

    /// In hexadecimal: the characters with which the orchestration's id tells its time, so that keys of one time stand
    /// together in the store's index, and the first 24 bytes of the text's SHA-256.
    private static func make(_ text: String, _ orchestration: OrchestrationID) -> IdempotencyKey {
        let digest = SHA256.hash(data: Array(text.utf8))
        let length = OrchestrationKind.timeLength
        let time = orchestration.rawValue.utf8.dropFirst(OrchestrationKind.prefix.utf8.count).prefix(length)
        let padding = repeatElement(0 as UInt8, count: length - time.count)
        return IdempotencyKey(rawValue: (Array(time) + padding + digest.prefix(32 - length)).hexadecimal)
    }

    /// A number in 0..<1 for the jitter of an attempt: spread like chance, and the same at every replay.
    func fraction(_ attempt: Int) -> Double {
        var state: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in rawValue.utf8 { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
        state = (state ^ UInt64(attempt)) &* 0x9e37_79b9_7f4a_7c15
        return Double(state >> 11) / Double(1 << 53)
    }
}

extension CompensationID {
    /// Made from what it names, so that it is the same at every replay.
    init(of task: TaskID, of orchestration: OrchestrationID) {
        let digest = Array(SHA256.hash(data: Array("\(orchestration)\n\(task)\nfailed compensation".utf8)))
        let alphabet = CompensationKind.alphabet
        // The digest's bytes, written as a number with the alphabet's digits, the last ones.
        var bytes = digest.map(Int.init)
        var text: [UInt8] = []
        for _ in 0..<CompensationKind.length {
            var remainder = 0
            for index in bytes.indices {
                let value = remainder << 8 | bytes[index]
                bytes[index] = value / alphabet.count
                remainder = value % alphabet.count
            }
            text.append(alphabet[remainder])
        }
        self.init(CompensationKind.prefix + String(decoding: text, as: UTF8.self))
    }
}
