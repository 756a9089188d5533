import OrraModel

/// What a live orchestration need not hold: the journal has all of it.
extension Orchestration {
    /// Lets go of large outputs that no input is made of any more, and that are no result. One that is asked for them,
    /// by an inspection or a retry, is made anew from its journal.
    ///
    /// - Parameter size: outputs up to so many bytes stay.
    public mutating func shed(above size: Int) {
        // Mostly there is none, and what a plan ends with takes time to find.
        guard tasks.contains(where: { ($0.output?.count ?? 0) > size }) else { return }
        let last = phase == .running ? plan?.lastTasks ?? [] : []
        for index in tasks.indices {
            guard let output = tasks[index].output, output.count > size else { continue }
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
        count = payload.count
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func mix(_ word: UInt64) {
            hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 32
        }
        // Words lie across the ends of pieces: the same payload may come in others.
        var (rest, restBits): (UInt64, UInt64) = (0, 0)
        func mix(_ byte: UInt8) {
            rest |= UInt64(byte) << restBits
            restBits += 8
            guard restBits == 64 else { return }
            mix(rest)
            (rest, restBits) = (0, 0)
        }
        payload.forEachPiece { bytes in
            var index = 0
            while index < bytes.count, restBits > 0 {
                mix(bytes[index])
                index += 1
            }
            while index + 8 <= bytes.count {
                mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
                index += 8
            }
            for byte in bytes[index...] { mix(byte) }
        }
        if restBits > 0 { mix(rest) }
        self.hash = hash
    }
}
