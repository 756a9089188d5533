import Foundation
import NIOCore
import NIOPosix
import OrraModel

/// A socket without a WebSocket library, for frames that a library would not write.
struct RawSocket {
    let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    private let head: String

    static func open(_ hub: TestHub, _ service: ServiceID, _ key: String) async throws -> RawSocket {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: hub.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return RawSocket(
            channel: channel,
            head: "GET /ws?serviceId=\(service) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(key)\r\n"
                + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    }

    /// Upgrades, begins a masked text frame of this size, and reads until the close frame; `nil` when none came.
    func closeCode(afterAnnouncing size: Int) async throws -> UInt16? {
        try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: head))
            var received = ByteBuffer()
            var isUpgraded = false
            for try await bytes in inbound {
                received.writeImmutableBuffer(bytes)
                if !isUpgraded {
                    let text = String(buffer: received)
                    guard let end = text.range(of: "\r\n\r\n") else { continue }
                    received.moveReaderIndex(forwardBy: text[..<end.upperBound].utf8.count)
                    isUpgraded = true
                    var frame = ByteBuffer(bytes: [0x81, 0xff])
                    frame.writeInteger(UInt64(size))
                    frame.writeBytes([0, 0, 0, 0])  // a mask that changes nothing
                    frame.writeRepeatingByte(UInt8(ascii: " "), count: 1_024)
                    try await outbound.write(frame)
                }
                if let code = Self.closeCode(in: received) { return code }
            }
            return nil
        }
    }

    private static func closeCode(in buffer: ByteBuffer) -> UInt16? {
        var buffer = buffer
        while let first: UInt8 = buffer.readInteger(), let second: UInt8 = buffer.readInteger() {
            var length = Int(second & 0x7f)
            if length == 126 { length = Int(buffer.readInteger(as: UInt16.self) ?? 0) }
            guard var payload = buffer.readSlice(length: length) else { return nil }
            if first & 0x0f == 8 { return payload.readInteger() }
        }
        return nil
    }
}
