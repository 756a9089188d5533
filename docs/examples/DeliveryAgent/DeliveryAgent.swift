import Foundation
import OrraSDK

struct Parcel: Codable {
    var orderId: String
    var warehouse: String
}

struct Delivery: Codable {
    var deliveryTracking: String
    var estimatedDelivery: String
}

struct Progress: Codable {
    var percent: Int
    var message: String
}

@main
struct DeliveryAgent {
    static func main() async throws {
        let description = "Finds the optimal delivery for an order and arranges it with a carrier."
        try await Agent("delivery-agent", description) { (parcel: Parcel, task) in
            let steps = [
                "asking three carriers", "comparing their offers", "booking the best one", "printing the label",
            ]
            for (index, message) in steps.enumerated() {
                try await task.progress(Progress(percent: 100 * index / steps.count, message: message))
                try await Task.sleep(for: .milliseconds(450))
            }
            let inTwoDays = Date.now.addingTimeInterval(2 * 86_400)
            return Delivery(
                deliveryTracking: "DLV987", estimatedDelivery: inTwoDays.formatted(.iso8601.year().month().day()))
        }.run()
    }
}
