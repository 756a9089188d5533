import OrraModel
import OrraProtocol
import Testing

@testable import OrraSDK

@Suite("Describing a component")
struct DescriptionTests {
    static let access = HubAccess(url: "http://127.0.0.1:1", key: "sk-orra-v1-x")

    @Test("refuses what the hub would refuse, before anything runs")
    func refusals() {
        func message(
            _ name: String = "good-name", _ description: String = "Good.", concurrency: Int = 1, input: String? = nil
        )
            -> String?
        {
            do {
                _ = try Tool(
                    name, description, at: Self.access, concurrency: concurrency, input: input.map(Schema.init(json:))
                ) { (order: Order, _) in Payment(paymentStatus: "") }
                return nil
            } catch { return "\(error)" }
        }
        #expect(message() == nil)
        #expect(message("Bad Name")?.hasPrefix("the name may hold only") == true)
        #expect(message("good-name", "") == "the description must have 1 to 4096 characters")
        #expect(message(concurrency: 0) == "concurrency must be 1 to 1024")
        #expect(message(input: #"{"type":"array"}"#)?.hasPrefix("schema.input ") == true)
    }

    @Test("takes address and key from the environment, and says what is missing")
    func environment() throws {
        let endpoint = try HubAccess.environment.endpoint(environment: ["ORRA_API_KEY": "sk-orra-v1-a"])
        #expect(endpoint.registration("tool") == "http://127.0.0.1:8005/register/tool")
        let other = try HubAccess.environment.endpoint(
            environment: ["ORRA_API_KEY": "sk-orra-v1-a", "ORRA_URL": "https://hub.example/orra/"])
        #expect(other.socket(service: "s_a") == "wss://hub.example/orra/ws?serviceId=s_a")
        for bad in [[:], ["ORRA_API_KEY": "secret"], ["ORRA_API_KEY": "sk-orra-v1-a", "ORRA_URL": "ftp://x"]] {
            let error = #expect(throws: ComponentError.self) { try HubAccess.environment.endpoint(environment: bad) }
            #expect(error?.code == .invalidAddress)
            #expect(error?.message.contains("secret") == false)
        }
    }

    @Test("a printed or dumped address shows no key")
    func secrecy() {
        var text = "\(Self.access) \(String(reflecting: Self.access))"
        dump(Self.access, to: &text)
        #expect(!text.contains("sk-orra") && text.contains("http://127.0.0.1:1"))
    }

    @Test("answers to a registration: taken, refused, or to be tried again")
    func verdicts() {
        func verdict(_ status: Int, _ body: String = "") -> RegistrationVerdict {
            RegistrationVerdict(status: status, body: Array(body.utf8))
        }
        let good = #"{"id":"s_a","name":"n","status":"registered","revertible":false,"version":2}"#
        guard case .registered(let answer) = verdict(200, good) else { return #expect(Bool(false)) }
        #expect(answer.id == ServiceID("s_a") && answer.version == 2)
        for body in ["<html>", good.replacing("s_a", with: "s_a&apiKey=x")] {
            #expect(verdict(200, body) == .refused(message: "what answers at the hub's URL is no Orra hub"))
        }
        let error =
            #"{"error":{"kind":"validation","code":"Orra:InvalidService","param":"name","message":"is too short"}}"#
        #expect(verdict(400, error) == .refused(message: "the hub refused the registration: name: is too short"))
        #expect(verdict(404) == .refused(message: "the hub refused the registration: status 404"))
        for status in [408, 429, 500, 503, 302] { #expect(verdict(status) == .failed(reason: "status \(status)")) }
    }

    @Test("waits between tries double from 1 to 30 seconds, half of them left to chance")
    func backoff() {
        var backoff = Backoff()
        #expect((0..<7).map { _ in backoff.next(fraction: 1) } == [1, 2, 4, 8, 16, 30, 30].map(Duration.seconds))
        backoff.reset()
        #expect(backoff.next(fraction: 0) == .milliseconds(500))
    }
}
