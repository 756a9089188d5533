/// Names of PDDL for names from elsewhere: `payment.v2`, `orderId` and `2fa` become `payment-v2`, `order-id` and `x-2fa`.
struct PDDLNames {
    private static let characters = 48

    private var used: Set<String> = []

    /// A name that no other got. Equal texts get different names.
    mutating func name(_ text: String) -> PDDL.Name {
        let base = Self.plain(text)
        var name = base
        var number = 2
        while !used.insert(name).inserted {
            name = "\(base)-\(number)"
            number += 1
        }
        return PDDL.Name(name)
    }

    private static func plain(_ text: String) -> String {
        var name = ""
        var wasSmall = false
        for scalar in text.unicodeScalars.prefix(characters * 2) {
            let isCapital = (0x41...0x5A).contains(scalar.value)
            let isSmall = (0x61...0x7A).contains(scalar.value)
            let isDigit = (0x30...0x39).contains(scalar.value)
            if isCapital, wasSmall { name += "-" }
            if isCapital || isSmall || isDigit {
                name += String(scalar).lowercased()
            } else if !name.isEmpty, !name.hasSuffix("-") {
                name += "-"
            }
            wasSmall = isSmall || isDigit
        }
        name = String(name.prefix(characters))
        while name.hasSuffix("-") { name.removeLast() }
        guard let first = name.utf8.first else { return "x" }
        return (0x61...0x7A).contains(first) ? name : "x-\(name)"
    }
}
