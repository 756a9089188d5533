/// The few functions that the standard library lacks, in plain Swift: the same result on every platform.
package enum Mathematics {
    private static let logarithmOfTwo = 0.693_147_180_559_945_3

    /// The natural logarithm of a positive number; minus infinity for any other.
    static func logarithm(_ value: Double) -> Double {
        guard value > 0, value.isFinite else { return value > 0 ? .infinity : -.infinity }
        var exponent = Double(value.exponent)
        var significand = value.significand
        if significand > 1.5 {
            significand /= 2
            exponent += 1
        }
        // ln x = 2 (z + z³/3 + z⁵/5 + …) with z = (x-1)/(x+1), here within ±0.2.
        let ratio = (significand - 1) / (significand + 1)
        let square = ratio * ratio
        var power = ratio
        var sum = 0.0
        for odd in stride(from: 1.0, through: 21, by: 2) {
            sum += power / odd
            power *= square
        }
        return 2 * sum + exponent * logarithmOfTwo
    }

    /// e to the power of `value`, within the range of a `Double`.
    static func exponential(_ value: Double) -> Double {
        guard value > -700 else { return 0 }
        let bounded = min(value, 700)
        let halvings = (bounded / logarithmOfTwo).rounded()
        let rest = bounded - halvings * logarithmOfTwo
        var term = 1.0
        var sum = 1.0
        for number in 1...18 {
            term *= rest / Double(number)
            sum += term
        }
        return Double(sign: .plus, exponent: Int(halvings), significand: sum)
    }

    /// A positive number to any power.
    static func power(_ base: Double, _ exponent: Double) -> Double { exponential(exponent * logarithm(base)) }

    /// The logistic function: any number becomes one between 0 and 1.
    package static func probability(_ logit: Double) -> Double { 1 / (1 + exponential(-logit)) }
}
