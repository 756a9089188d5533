import OrraModel

/// What a live orchestration need not hold: the journal has all of it.
extension Orchestration {
    /// Lets go of large outputs that no input is made of any more, and that are no result. One that is asked for them,
    /// by an inspection or a retry, is made anew from its journal.
    ///
    /// - Parameter size: outputs up to so many bytes stay.
    public mutating func shed(above size: Int) {
        // Mostly there is none, and what a plan ends with takes time to find.
        guard tasks.contains(where: { ($0.output?.bytes.count ?? 0) > size }) else { return }
        let last = phase == .running ? plan?.lastTasks ?? [] : []
        for index in tasks.indices {
            guard let output = tasks[index].output, output.bytes.count > size else { continue }
            let id = tasks[index].id
            let isNeeded =
                phase == .running
                && (last.contains(id) || tasks.contains { $0.phase == .blocked && $0.dependencies.contains(id) })
            guard !isNeeded else { continue }
            tasks[index].output = nil
            tasks[index].shedOutput = PayloadPrint(output)
        }
    }
}

/// By which a payload is known when it comes again: its size and a hash that is the same in every process.
struct PayloadPrint: Sendable, Hashable {
    private let count: Int
    private let hash: UInt64

    init(_ payload: RawJSON) {
        count = payload.bytes.count
        hash = payload.bytes.withUnsafeBytes { bytes in
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            var index = 0
            while index + 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
                hash ^= hash >> 32
                index += 8
            }
            for byte in bytes[index...] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            return hash
        }
    }
}
