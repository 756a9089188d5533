package import NIOCore

/// What an action carries through all its tasks: its number, its chain, and a dot for each task that has handled it. So
/// a result of another action, and one of a task too many or too few, shows.
package struct Token: Hashable, Sendable {
    var action: Int
    /// The chain of the action that it is in, from 0.
    var chain: Int
    /// Tasks that have handled it.
    var steps = 0

    init(action: Int, chain: Int) { (self.action, self.chain) = (action, chain) }

    /// `b17-0-..`: action 17, its first chain, behind the second task.
    var text: String { "b\(action)-\(chain)-" + String(repeating: ".", count: steps) }

    var next: Token {
        var token = self
        token.steps += 1
        return token
    }

    /// Reads the token that is the value of this member.
    init?(member name: String, of json: ByteBuffer) {
        guard let text = json.text(ofMember: name) else { return nil }
        self.init(text)
    }

    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].first == "b", let action = Int(parts[0].dropFirst()),
            let chain = Int(parts[1]), parts[2].utf8.allSatisfy({ $0 == UInt8(ascii: ".") })
        else { return nil }
        self.init(action: action, chain: chain)
        steps = parts[2].utf8.count
    }
}

/// The few members that a benchmark reads of what the hub sends. Payloads hold no quotation marks and no such names, so
/// that searching finds what parsing would, at a fraction of its cost: the benchmark shares its cores with the hub.
extension ByteBuffer {
    /// The text of the first member of this name, without escapes; `nil` where there is none.
    package func text(ofMember name: String) -> String? {
        withUnsafeReadableBytes { bytes in
            guard let start = bytes.firstRange(of: Array("\"\(name)\":\"".utf8))?.upperBound,
                let end = bytes[start...].firstIndex(of: UInt8(ascii: "\""))
            else { return nil }
            return String(decoding: bytes[start..<end], as: UTF8.self)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Where `pattern`, which begins with a quotation mark, stands first.
    fileprivate func firstRange(of pattern: [UInt8]) -> Range<Int>? {
        guard let first = pattern.first, count >= pattern.count else { return nil }
        var place = 0
        let last = count - pattern.count
        while place <= last {
            if self[place] == first, (1..<pattern.count).allSatisfy({ self[place + $0] == pattern[$0] }) {
                return place..<place + pattern.count
            }
            place += 1
        }
        return nil
    }
}
