import NIOCore
import OrraModel

extension ByteBuffer {
    /// The text, in a buffer of its own: the one time that its payloads are copied.
    init(_ text: JSONPieces) {
        self.init()
        reserveCapacity(text.count)
        write(text)
    }

    mutating func write(_ text: JSONPieces) { text.forEach { writeBytes($0) } }
}
