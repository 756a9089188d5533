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
        try await Service("payment-service", description) { (charge: Charge, task) in
            // A real service hands the task's key to its payment provider: charged once, however often it is asked.
            try await task.progress(["message": "charging \(charge.amount) € for \(charge.orderId)"])
            try await Task.sleep(for: .milliseconds(700))
            return Payment(paymentStatus: "confirmed")
        }.run()
    }
}
