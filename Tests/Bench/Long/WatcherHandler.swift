import NIOCore
import OrraBench
import ProcessSupport

/// A watcher's end of a WebSocket, which looks for two types of frames only. A thousand of them share one thread and the
/// processor with the hub that is measured, so they parse no more than they must: a server's frames are not masked, and
/// the hub sends each in one piece.
final class WatcherHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Event { case taskCompleted, ended }

    private let upgraded: EventLoopPromise<Void>
    private let told: (Event) -> Void
    private var isUpgraded = false
    /// The beginning of a frame whose end is still to come.
    private var rest = ByteBuffer()

    init(upgraded: EventLoopPromise<Void>, told: @escaping (Event) -> Void) {
        self.upgraded = upgraded
        self.told = told
    }

    /// What asks for the upgrade.
    static func head(_ place: Place, headers: [(String, String)]) -> String {
        let lines =
            [
                "GET /progress HTTP/1.1", "Host: \(place)", "Connection: Upgrade", "Upgrade: websocket",
                "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ] + headers.map { "\($0.0): \($0.1)" }
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = Self.unwrapInboundIn(data)
        if rest.readableBytes > 0 {
            rest.writeBuffer(&bytes)
            bytes = rest
        }
        if !isUpgraded { readHead(&bytes) }
        while isUpgraded, let frame = Self.nextFrame(&bytes) { take(frame, context) }
        rest = bytes
    }

    private func readHead(_ bytes: inout ByteBuffer) {
        guard let end = bytes.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound else { return }
        let head = bytes.readString(length: end - bytes.readerIndex) ?? ""
        isUpgraded = head.hasPrefix("HTTP/1.1 101")
        if isUpgraded {
            upgraded.succeed()
        } else {
            upgraded.fail(ProcessFault("the hub refused a watcher: \(head.prefix { $0 != "\r\n" })"))
        }
    }

    private struct Frame {
        var opcode: UInt8
        var payload: ByteBuffer
    }

    private static func nextFrame(_ bytes: inout ByteBuffer) -> Frame? {
        let start = bytes.readerIndex
        guard let first = bytes.getInteger(at: start, as: UInt8.self),
            let second = bytes.getInteger(at: start + 1, as: UInt8.self)
        else { return nil }
        let (size, head): (Int?, Int) =
            switch second {
            case 126: (bytes.getInteger(at: start + 2, as: UInt16.self).map(Int.init), 4)
            case 127: (bytes.getInteger(at: start + 2, as: UInt64.self).map(Int.init), 10)
            default: (Int(second), 2)
            }
        guard let size, let payload = bytes.getSlice(at: start + head, length: size) else { return nil }
        bytes.moveReaderIndex(forwardBy: head + size)
        return Frame(opcode: first & 0x0F, payload: payload)
    }

    private func take(_ frame: Frame, _ context: ChannelHandlerContext) {
        switch frame.opcode {
        case 0x1: if let event = Self.event(of: frame.payload) { told(event) }
        case 0x9:
            // Masked with zeros: the pong of a ping.
            var pong = ByteBuffer(bytes: [0x8A, 0x80 | UInt8(frame.payload.readableBytes), 0, 0, 0, 0])
            pong.writeImmutableBuffer(frame.payload)
            context.writeAndFlush(Self.wrapOutboundOut(pong), promise: nil)
        case 0x8: context.close(promise: nil)
        default: break
        }
    }

    private static let marker = Array(#""type":""#.utf8).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    private static let taskCompleted = Array(#"task_completed""#.utf8)
    private static let ended = Array(#"ended""#.utf8)

    /// The type is the third member, so few bytes are looked at.
    private static func event(of frame: ByteBuffer) -> Event? {
        frame.withUnsafeReadableBytes { bytes in
            var place = 0
            while place + 8 <= bytes.count {
                if bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self) == marker {
                    let type = bytes[(place + 8)...]
                    if type.starts(with: taskCompleted) { return .taskCompleted }
                    return type.starts(with: ended) ? .ended : nil
                }
                place += 1
            }
            return nil
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) {
        upgraded.fail(ProcessFault("the hub closed a watcher's connection"))
        context.fireChannelInactive()
    }
}
