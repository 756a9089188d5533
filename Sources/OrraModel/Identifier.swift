/// A name that clients and operators see, such as `o_7mQ2…`: a prefix that says what it names, and letters that are
/// random, or the time of its making and random ones.
///
/// The kind is part of the type, so that a service's id can't be passed where a project's is wanted.
public struct Identifier<Kind: IdentifierKind>: Sendable, Hashable, RawRepresentable {
    public let rawValue: String

    /// Takes any text: an id that nothing knows is answered as unknown, not as malformed.
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(_ text: String) { self.init(rawValue: text) }
}

public protocol IdentifierKind {
    /// With its underscore: `o_`.
    static var prefix: String { get }
    /// In the order of their codes: ids are compared as texts.
    static var alphabet: [UInt8] { get }
    /// How many characters follow the prefix: enough for 122 random bits.
    static var length: Int { get }
}

private enum Base57 {
    static let alphabet = Array("23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)
}

extension IdentifierKind {
    /// Base 57: digits and letters without those that are read for each other (0 O, 1 I l).
    public static var alphabet: [UInt8] { Base57.alphabet }
    public static var length: Int { 22 }
}

public enum ProjectKind: IdentifierKind { public static let prefix = "p_" }
/// Lower-case letters only: existing clients check service ids against `^s_[a-zA-Z0-9]+$`.
public enum ServiceIdentity: IdentifierKind {
    public static let prefix = "s_"
    public static let alphabet = Array("abcdefghijklmnopqrstuvwxyz".utf8)
    public static let length = 26
}
public enum OrchestrationKind: OrderedIdentifierKind { public static let prefix = "o_" }
public enum ExecutionKind: IdentifierKind { public static let prefix = "e_" }
public enum WebhookKind: IdentifierKind { public static let prefix = "w_" }
public enum DeliveryKind: OrderedIdentifierKind { public static let prefix = "d_" }
public enum InterimKind: IdentifierKind { public static let prefix = "i_" }
public enum CompensationKind: IdentifierKind { public static let prefix = "c_" }
public enum PlanKind: IdentifierKind { public static let prefix = "pl_" }

public typealias ProjectID = Identifier<ProjectKind>
public typealias ServiceID = Identifier<ServiceIdentity>
public typealias OrchestrationID = Identifier<OrchestrationKind>
/// One delivery of a task to a connection. A redelivery has its own.
public typealias ExecutionID = Identifier<ExecutionKind>
public typealias WebhookID = Identifier<WebhookKind>
/// One webhook event on its way to one receiver; the `webhook-id` of every try.
public typealias DeliveryID = Identifier<DeliveryKind>
public typealias InterimID = Identifier<InterimKind>
/// One task's compensation, in the inbox of those that failed.
public typealias CompensationID = Identifier<CompensationKind>
/// One plan in the cache.
public typealias PlanID = Identifier<PlanKind>

extension Identifier: Comparable {
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension Identifier: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

extension Identifier: CustomStringConvertible {
    public var description: String { rawValue }
}

extension Identifier {
    /// Makes an id of uniformly drawn characters.
    public static func random(using generator: inout some RandomNumberGenerator) -> Self {
        var text = Array(Kind.prefix.utf8)
        appendRandom(to: &text, using: &generator)
        return Self(String(decoding: text, as: UTF8.self))
    }

    /// Bytes at or above the largest multiple of the alphabet's size are passed over, so that no character is likelier
    /// than another. Eight bytes are drawn at once: each draw may ask the operating system.
    private static func appendRandom(to text: inout [UInt8], using generator: inout some RandomNumberGenerator) {
        let alphabet = Kind.alphabet
        let bound = 256 / alphabet.count * alphabet.count
        let length = Kind.prefix.utf8.count + Kind.length
        text.reserveCapacity(length)
        while text.count < length {
            var bytes: UInt64 = generator.next()
            for _ in 0..<8 where text.count < length {
                let byte = Int(bytes & 0xFF)
                bytes >>= 8
                if byte < bound { text.append(alphabet[byte % alphabet.count]) }
            }
        }
    }
}

/// Kinds of which many are made and stored: their ids begin with the time, so that those of one time stand together in
/// every index, and a commit writes few pages.
public protocol OrderedIdentifierKind: IdentifierKind {}

extension OrderedIdentifierKind {
    /// How many characters the time takes: milliseconds since 1970, for the next three thousand years. What remains has
    /// 81 random bits.
    public static var timeLength: Int { 8 }
}

extension Identifier where Kind: OrderedIdentifierKind {
    /// Makes an id that is greater than those of earlier milliseconds. Nothing may rely on the order: clocks go back.
    public static func ordered(at time: Timestamp, using generator: inout some RandomNumberGenerator) -> Self {
        let alphabet = Kind.alphabet
        var text = Array(Kind.prefix.utf8)
        var (rest, digits) = (max(time.milliseconds, 0), [UInt8]())
        for _ in 0..<Kind.timeLength {
            digits.append(alphabet[Int(rest % Int64(alphabet.count))])
            rest /= Int64(alphabet.count)
        }
        text += digits.reversed()
        appendRandom(to: &text, using: &generator)
        return Self(String(decoding: text, as: UTF8.self))
    }
}

/// `task0`, `task1`, … in a plan. `task0` holds the action's parameters and runs nowhere. Ordered by number: `task9`
/// comes before `task10`.
public struct TaskID: Sendable, Hashable, Comparable {
    public let number: Int

    public init(_ number: Int) { self.number = number }

    /// `nil` for anything but `task` and a number from 0 to 9999 without leading zeros.
    public init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard bytes.starts(with: "task".utf8), case let digits = bytes.dropFirst(4), (1...4).contains(digits.count),
            digits.allSatisfy({ (0x30...0x39).contains($0) }), digits.count == 1 || digits.first != 0x30
        else { return nil }
        let number = digits.reduce(0) { 10 * $0 + Int($1 - 0x30) }
        self.number = number
    }

    public static let zero = TaskID(0)
    public static func < (left: TaskID, right: TaskID) -> Bool { left.number < right.number }
}

extension TaskID: CustomStringConvertible {
    public var description: String { "task\(number)" }
}

extension TaskID: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = TaskID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "must be task and a number")
        }
        self = id
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// What makes a redelivery recognisable: the same for every delivery of one task. 64 hexadecimal digits.
public struct IdempotencyKey: Sendable, Hashable, Codable, RawRepresentable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(from decoder: any Decoder) throws {
        self.init(rawValue: try decoder.singleValueContainer().decode(String.self))
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

/// One socket of a service, for as long as it is open. Numbered by the hub in the order of their coming; never stored
/// as an identity.
public struct ConnectionID: Sendable, Hashable, Comparable, Codable {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
    public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

extension ConnectionID: CustomStringConvertible {
    public var description: String { "connection \(number)" }
}
