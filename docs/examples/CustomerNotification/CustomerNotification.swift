import OrraSDK

struct Notice: Codable {
    var orderId: String
    var customerId: String
}

struct Notified: Codable {
    /// What the customer was told.
    var orderStatus: String
}

@main
struct CustomerNotification {
    static func main() async throws {
        let description = "Sends the customer a message that the new order is being processed."
        try await Tool("customer-notification", description) { (notice: Notice, task) in
            try await Task.sleep(for: .milliseconds(300))
            return Notified(orderStatus: "processed")
        }.run()
    }
}
