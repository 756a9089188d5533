import OrraModel
import OrraProtocol
import OrraWebSocket

/// Frames of a page as they go to a socket in one piece, whosever it is.
struct ProgressBatch: Sendable {
    let frames: WebSocketFrames
    /// The number of each frame, and where it ends.
    private let places: [(number: Int64, end: Int)]

    /// Encodes the first items, and takes them off: as many as make ``Limits/watcherBatchBytes``.
    init?(taking items: inout ArraySlice<ProgressReader.Page.Item>) throws {
        var frames = WebSocketFrames()
        var places: [(number: Int64, end: Int)] = []
        while frames.takesMore, frames.byteCount < Limits.watcherBatchBytes, let item = items.popFirst() {
            frames.append(try item.frame.pieces())
            places.append((item.number, frames.byteCount))
        }
        guard !places.isEmpty else { return nil }
        self.frames = frames
        self.places = places
    }

    var last: Int64 { places[places.count - 1].number }

    /// The frames above this number, and the first one's own; `nil` if there are none.
    func rest(after number: Int64) -> (first: Int64, frames: WebSocketFrames)? {
        if places[0].number > number { return (places[0].number, frames) }
        guard let index = places.firstIndex(where: { $0.number > number }) else { return nil }
        return (places[index].number, frames.dropFirst(bytes: places[index - 1].end))
    }
}
