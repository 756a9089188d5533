import OrraModel
import OrraProtocol
import Testing

@Suite("The fixtures of sdk-protocol")
struct FixtureTests {
    @Test(
        "every message has a schema and fixtures of every kind, and nothing else has",
        arguments: WireFormat.all.map(\.message))
    func everyMessageHasFixtures(message: String) {
        #expect(SDKProtocol.schemas.contains(message))
        for kind in Fixture.Kind.allCases {
            #expect(
                SDKProtocol.fixtures.contains { $0.message == message && $0.kind == kind },
                "\(message) lacks a fixture of the kind \(kind.rawValue)")
        }
    }

    @Test("no schema and no folder of fixtures is left over")
    func nothingIsLeftOver() {
        let known = Set(WireFormat.all.map(\.message))
        #expect(Set(SDKProtocol.schemas) == known)
        #expect(Set(SDKProtocol.messages) == known)
    }

    @Test("every kind of progress frame has a valid fixture", arguments: ProgressFrame.Kind.allCases)
    func everyProgressKind(kind: ProgressFrame.Kind) throws {
        let name = "valid-" + kind.rawValue.replacing("_", with: "-")
        let fixture = try #require(
            SDKProtocol.fixtures.first { $0.message == "progress-frame" && $0.name == name })
        #expect(try ProgressFrame(frame: fixture.content).type == kind)
    }

    @Test("valid ones are read and written without loss", arguments: SDKProtocol.fixtures.filter { $0.kind == .valid })
    func valid(fixture: Fixture) throws {
        let format = try #require(WireFormat.named(fixture.message))
        let rewritten = try format.rewritten(fixture.content)
        #expect(rewritten.isStable)
        guard !fixture.isTolerated else { return }
        let expected = try Self.bare(fixture.value(), without: format.unread)
        #expect(Self.bare(rewritten.written, without: []) == expected)
    }

    @Test("unknown members are ignored", arguments: SDKProtocol.fixtures.filter { $0.kind == .unknownFields })
    func unknownFields(fixture: Fixture) throws {
        let format = try #require(WireFormat.named(fixture.message))
        let rewritten = try format.rewritten(fixture.content)
        #expect(rewritten.isStable)
        #expect(Self.isPart(Self.bare(rewritten.written, without: []), of: try fixture.value()))
        #expect(try rewritten.written != fixture.value())
    }

    @Test(
        "invalid ones are refused with the documented sentence",
        arguments: SDKProtocol.fixtures.filter { $0.kind == .invalid })
    func invalid(fixture: Fixture) throws {
        let format = try #require(WireFormat.named(fixture.message))
        let error = try #require(fixture.error, "the .md file with the error is missing")
        #expect(throws: WireFormat.Refusal(reason: error)) { try format.rewritten(fixture.content) }
    }

    @Test("each fits its schema, or, if it is invalid, does not", arguments: SDKProtocol.fixtures)
    func schema(fixture: Fixture) throws {
        let schema = try SDKProtocol.schema(fixture.message)
        guard let value = try? fixture.value() else {
            #expect(fixture.kind == .invalid)
            return
        }
        let violations = schema.validate(value)
        if fixture.kind == .invalid {
            #expect(!violations.isEmpty || fixture.needsPattern)
        } else {
            #expect(violations == [])
        }
    }

    @Test("service messages are what their folder says", arguments: ServiceMessageKind.allCases)
    func serviceKinds(kind: ServiceMessageKind) throws {
        for fixture in SDKProtocol.fixtures where fixture.message == kind.rawValue && fixture.kind == .valid {
            let payload = try ServiceMessage(frame: fixture.content).payload
            let isAbort = fixture.name == "valid-tolerated-aborted"
            #expect(ServiceMessageKind(payload) == (isAbort ? .abort : kind))
        }
    }

    @Test("hub messages are what their folder says", arguments: HubMessageKind.allCases)
    func hubKinds(kind: HubMessageKind) throws {
        for fixture in SDKProtocol.fixtures where fixture.message == kind.rawValue && fixture.kind == .valid {
            let message = try #require(try HubMessage(frame: fixture.content))
            #expect(HubMessageKind(message) == kind)
        }
    }

    /// Without members that are null, which mean the same as members that are not there, and without `members`.
    private static func bare(_ value: JSONValue, without members: Set<String>) -> JSONValue {
        switch value {
        case .object(let object):
            .object(
                JSONObject(
                    object.members.filter { $0.value != .null && !members.contains($0.key) }
                        .map { .init(key: $0.key, value: bare($0.value, without: members)) }))
        case .array(let elements): .array(elements.map { bare($0, without: members) })
        case .null, .bool, .number, .string: value
        }
    }

    private static func isPart(_ part: JSONValue, of whole: JSONValue) -> Bool {
        switch (part, whole) {
        case (.object(let part), .object(let whole)):
            part.members.allSatisfy { member in
                whole[member.key].map { isPart(member.value, of: $0) } ?? false
            }
        case (.array(let part), .array(let whole)):
            part.count == whole.count && zip(part, whole).allSatisfy { isPart($0, of: $1) }
        default: part == whole
        }
    }
}
