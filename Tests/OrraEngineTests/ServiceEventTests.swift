import OrraModel
import Testing

@testable import OrraEngine

@Suite("Service events: their form on disk")
struct ServiceEventTests {
    func event(
        _ kind: ServiceEvent.Kind, instance: String? = nil, health: Connection.Health? = nil, reason: String? = nil
    ) -> ServiceEvent {
        ServiceEvent(
            kind: kind, service: .named("alpha"), name: "alpha", connection: ConnectionID(7), instance: instance,
            health: health, reason: reason)
    }

    @Test("every event comes back from disk as it was")
    func roundTrip() throws {
        for kind in ServiceEvent.Kind.allCases {
            for health in Connection.Health.allCases.map(Optional.some) + [nil] {
                for text in [nil, "é \"quoted\""] {
                    let event = event(kind, instance: text, health: health, reason: text)
                    let bytes = try WireEncoder().encode(event)
                    #expect(try WireDecoder().decode(ServiceEvent.self, from: bytes) == event)
                }
            }
        }
    }

    @Test("the form on disk is what it always was: what is absent is left out")
    func form() throws {
        func text(_ event: ServiceEvent) throws -> String {
            String(decoding: try WireEncoder().encode(event), as: UTF8.self)
        }
        #expect(
            try text(event(.health, instance: "i", health: .unhealthy, reason: "missed 2 pongs"))
                == #"{"kind":"health","service":"s_alpha","name":"alpha","connection":{"number":7},"instance":"i","#
                + #""health":"unhealthy","reason":"missed 2 pongs"}"#)
        #expect(
            try text(event(.disconnected))
                == #"{"kind":"disconnected","service":"s_alpha","name":"alpha","connection":{"number":7}}"#)
    }
}
