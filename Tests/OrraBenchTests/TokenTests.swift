import NIOCore
import Testing

@testable import OrraBench

@Suite("Tokens")
struct TokenTests {
    @Test("each task adds a dot")
    func steps() {
        let token = Token(action: 17, chain: 2)
        #expect(token.text == "b17-2-")
        #expect(token.next.next.text == "b17-2-..")
        #expect(token.next.steps == 1)
    }

    @Test("what is written is read", arguments: ["b0-0-", "b1-0-.", "b4096-31-....."])
    func roundTrip(text: String) throws {
        #expect(try #require(Token(text)).text == text)
    }

    @Test(
        "what is no token is none",
        arguments: ["", "b", "b1", "b1-0", "1-0-.", "b1-0-x", "b1-0-.-", "bx-0-.", "b1--.", "b1-0-. "])
    func others(text: String) {
        #expect(Token(text) == nil)
    }

    @Test("the first member of a name is found, whatever stands around it")
    func members() {
        let json = ByteBuffer(string: #"{"id":"tok","n":1,"in":{"token":"b3-0-.","type":""},"token":"b4-0-"}"#)
        #expect(Token(member: "token", of: json)?.action == 3)
        #expect(json.text(ofMember: "type") == "")
        #expect(json.text(ofMember: "n") == nil)
        #expect(json.text(ofMember: "missing") == nil)
        #expect(ByteBuffer(string: #"{"id":"cut"#).text(ofMember: "id") == nil)
        #expect(ByteBuffer().text(ofMember: "id") == nil)
    }
}
