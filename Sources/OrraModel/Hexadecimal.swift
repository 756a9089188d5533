extension Sequence<UInt8> {
    /// Two lower-case hexadecimal digits a byte: `[0x0f, 0xa0]` is `0fa0`.
    public var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
