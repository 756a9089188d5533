/// The keys of a catalogue's fields by number, so that planning compares and finds fields without hashing their names.
struct FieldKeys: Sendable {
    private var numbers: [String: Int] = [:]

    var count: Int { numbers.count }

    mutating func add(_ key: String) -> Int {
        if let number = numbers[key] { return number }
        numbers[key] = count
        return count - 1
    }

    func number(of key: String) -> Int? { numbers[key] }
}
