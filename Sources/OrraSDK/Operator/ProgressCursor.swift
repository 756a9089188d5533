import OrraModel
import OrraProtocol

/// Where a watcher stands in a stream of numbered frames, so that a reconnect neither repeats nor loses one.
struct ProgressCursor: Sendable, Hashable {
    enum Numbering: Sendable, Hashable {
        /// By `seq`: 1, 2, 3 … without holes.
        case orchestration
        /// By `position`, which grows.
        case project
    }

    enum Admission: Sendable, Hashable {
        case deliver
        /// Seen before, or of a type of a later version: to be passed over.
        case skip
        /// A number is missing before this frame.
        case gap
    }

    let numbering: Numbering
    /// The last number that was delivered.
    private(set) var last: Int64

    init(_ numbering: Numbering, after last: Int64) {
        self.numbering = numbering
        self.last = last
    }

    /// Takes the number of a frame into account. `isKnown` is false for a type that this version does not know.
    mutating func admit(number: Int64?, isKnown: Bool = true) -> Admission {
        guard let number else { return isKnown ? .deliver : .skip }
        guard number > last else { return .skip }
        if numbering == .orchestration, number != last + 1 { return .gap }
        last = number
        return isKnown ? .deliver : .skip
    }

    /// The hub has deleted what came before `oldest`.
    mutating func reset(oldest: Int64) { last = max(last, oldest - 1) }
}

extension ProgressCursor {
    /// A frame and what to do with it; the frame is `nil` unless it is to be delivered.
    ///
    /// - Throws: `JSONError` or `DecodingError` for a text that is no frame.
    mutating func read(_ text: [UInt8]) throws -> (admission: Admission, frame: ProgressFrame?) {
        let value = try JSONValue(parsing: text)
        let number = value[numbering == .orchestration ? "seq" : "position"]?.integer.map(Int64.init)
        guard let type = value["type"]?.string, ProgressFrame.Kind(rawValue: type) != nil else {
            return (admit(number: number, isKnown: false), nil)
        }
        let frame = try WireDecoder(maximumDepth: Limits.storedJSONDepth).decode(ProgressFrame.self, from: value)
        if frame.type == .reset, let oldest = frame.oldest {
            reset(oldest: Int64(oldest))
            return (.deliver, frame)
        }
        let admission = admit(number: number)
        return (admission, admission == .deliver ? frame : nil)
    }
}
