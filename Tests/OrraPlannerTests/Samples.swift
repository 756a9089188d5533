import OrraModel
import OrraPlanner

/// Catalogues for tests. A field is written `name`, `name:type`, and with a `?` in front if it is optional.
enum Sample {
    static func service(
        _ name: String, _ kind: ServiceKind, _ description: String, in input: [String], out output: [String],
        requires: [String] = [], examples: [String] = []
    ) -> Service {
        let letters = name.lowercased().filter(\.isLetter)
        return Service(
            id: ServiceID("s_\(letters)"), project: ProjectID("p_1"), kind: kind, name: name, description: description,
            schema: ServiceSchema(input: schema(input), output: schema(output)), requires: requires, examples: examples,
            registeredAt: Timestamp(milliseconds: 0))
    }

    static func service(
        _ name: String, _ description: String, in input: [String], out output: [String], requires: [String] = [],
        examples: [String] = []
    ) -> Service {
        service(name, .service, description, in: input, out: output, requires: requires, examples: examples)
    }

    static func schema(_ fields: [String]) -> JSONSchema {
        var properties = JSONObject()
        var required: [JSONValue] = []
        for field in fields {
            let isOptional = field.hasPrefix("?")
            let parts = (isOptional ? field.dropFirst() : field[...]).split(separator: ":")
            let type = parts.count > 1 ? String(parts[1]) : "string"
            var property: JSONObject = ["type": .string(type)]
            if type == "array" { property["items"] = ["type": "object"] }
            properties[String(parts[0])] = .object(property)
            if !isOptional { required.append(.string(String(parts[0]))) }
        }
        return JSONSchema([
            "type": "object", "properties": .object(properties), "required": .array(required),
        ])
    }

    static let payment = service(
        "payment-service", "Charges the customer for an order and confirms the payment",
        in: ["orderId", "customerId", "amount:number"], out: ["paymentStatus", "orderStatus"])
    static let inventory = service(
        "inventory-tool", .tool, "Reserves the ordered items in stock and tells the total price",
        in: ["orderId", "items:array"], out: ["reservationId", "amount:number", "warehouse"])
    static let delivery = service(
        "delivery-agent", .agent, "Plans the optimal delivery of an order and schedules it with a carrier",
        in: ["orderId", "warehouse"], out: ["deliveryTracking", "estimatedDelivery"])
    static let notification = service(
        "customer-notification", .tool, "Tells the customer that the new order is being processed",
        in: ["orderId", "customerId"], out: ["notificationStatus"])
    static let shop = [payment, inventory, delivery, notification]
}
