import OrraModel
import Testing

@Suite("ServiceName")
struct ServiceNameTests {
    @Test(
        "It accepts names of the protocol",
        arguments: ["abc", "payment-service", "a.b", "0x0", String(repeating: "a", count: 63), "a--b"])
    func accepts(name: String) { #expect(ServiceName.check(name) == nil) }

    @Test(
        "It says what is wrong with others",
        arguments: [
            ("ab", "3 to 63"), ("", "3 to 63"), (String(repeating: "a", count: 64), "3 to 63"),
            ("Payment", "lower-case"),
            ("a_b", "lower-case"), ("a b", "lower-case"), ("-abc", "start and end"), ("abc.", "start and end"),
            ("zahlüng", "lower-case"), ("abc\n", "lower-case"),
        ])
    func refuses(name: String, reason: String) {
        #expect(ServiceName.check(name)?.contains(reason) == true)
    }
}
