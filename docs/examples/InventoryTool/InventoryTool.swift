import OrraSDK

struct Order: Codable {
    struct Item: Codable {
        var id: String
        var quantity: Int
    }
    var orderId: String
    var items: [Item]
}

struct Reservation: Codable {
    var warehouse: String
    var amount: Double
}

@main
struct InventoryTool {
    static func main() async throws {
        let description =
            "Reserves the items of an order in the nearest warehouse that has them, and tells the amount due."
        try await Tool("inventory-tool", description) { (order: Order, task) in
            guard !order.items.isEmpty else { try await task.abort(["reason": "the order has no items"]) }
            try await Task.sleep(for: .milliseconds(500))
            let amount = order.items.reduce(0) { $0 + Double($1.quantity) * 24.95 }
            print("reserved the items of \(order.orderId) in LEJ1")
            return Reservation(warehouse: "LEJ1", amount: amount)
        } onRevert: { order, reservation, revert in
            // The action failed, or was aborted or cancelled: the items are free again.
            print("released the items of \(order.orderId) in \(reservation.warehouse): the action \(revert.reason)")
        }.run()
    }
}
