/// The rule for names of services, agents and tools.
public enum ServiceName {
    /// Why `name` is none, as the end of a sentence that starts with "name"; `nil` if it is good.
    ///
    /// 3 to 63 characters, a lower-case letter or digit first and last, and `-` or `.` also between.
    public static func check(_ name: String) -> String? {
        let bytes = Array(name.utf8)
        func isLetterOrDigit(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
        let isInside = { (byte: UInt8) in
            isLetterOrDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
        }
        guard bytes.allSatisfy(isInside) else {
            return "may hold only lower-case letters, digits, '-' and '.'"
        }
        guard Limits.serviceNameCharacters.contains(bytes.count) else {
            let bounds = Limits.serviceNameCharacters
            return "must have \(bounds.lowerBound) to \(bounds.upperBound) characters, but has \(bytes.count)"
        }
        guard isLetterOrDigit(bytes[0]), isLetterOrDigit(bytes[bytes.count - 1]) else {
            return "must start and end with a lower-case letter or a digit"
        }
        return nil
    }
}
