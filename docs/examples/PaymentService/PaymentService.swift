import OrraSDK

struct Charge: Codable {
    var orderId: String
    var customerId: String
    var amount: Double
}

struct Payment: Codable {
    var paymentStatus: String
}

@main
struct PaymentService {
    static func main() async throws {
        let description = "Charges the customer's card for the amount of an order and confirms the payment."
        let options = ComponentOptions(maximumAttempts: 2)
        try await Service("payment-service", description, options: options) { (charge: Charge, task) in
            // A real service hands the task's key to its payment provider: charged once, however often it is asked.
            try await task.progress(["message": "charging \(charge.amount) € for \(charge.orderId)"])
            try await Task.sleep(for: .milliseconds(700))
            guard charge.amount <= 1_000 else { throw TaskFailure("the card was declined") }
            return Payment(paymentStatus: "confirmed")
        }.run()
    }
}
