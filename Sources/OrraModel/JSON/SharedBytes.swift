/// Bytes that never change, for all values that lie in them: a large payload is in memory once, in the buffer in which it
/// came.
///
/// Nobody writes to them once it is made; that the compiler can't see.
public final class SharedBytes: @unchecked Sendable {
    let bytes: UnsafeBufferPointer<UInt8>
    /// Whose bytes they are; `nil`: this object's own.
    private let owner: AnyObject?

    /// Bytes of another object, which lie there unchanged as long as it lives.
    public init(_ bytes: UnsafeRawBufferPointer, of owner: AnyObject) {
        self.bytes = bytes.bindMemory(to: UInt8.self)
        self.owner = owner
    }

    /// Bytes of its own, all of which `fill` writes.
    public init(count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        do { try fill(memory) } catch {
            memory.deallocate()
            throw error
        }
        bytes = UnsafeBufferPointer(memory.bindMemory(to: UInt8.self))
        owner = nil
    }

    convenience init(copying bytes: some Collection<UInt8>) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    deinit { if owner == nil { bytes.deallocate() } }

    public var count: Int { bytes.count }
}

/// A part of shared bytes, which it keeps.
public struct SharedSlice: Sendable {
    public let whole: SharedBytes
    public let range: Range<Int>

    /// - Parameter range: within the bytes; else it traps.
    public init(_ whole: SharedBytes, _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= whole.count, "a slice lies outside of its bytes")
        self.whole = whole
        self.range = range
    }

    init(_ whole: SharedBytes) { self.init(whole, 0..<whole.count) }

    public var count: Int { range.count }

    /// The pointer is valid within `body` only.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(whole) {
            try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: whole.bytes[range])))
        }
    }
}
