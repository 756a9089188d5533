import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOHTTP1
import OrraModel
import OrraProtocol
import OrraStore
import Testing

@Suite("Secrets", .timeLimit(.minutes(2)))
struct SecretTests {
    /// Keeps every line, at every level.
    struct Recorder: LogHandler {
        let lines: NIOLockedValueBox<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            lines.withLockedValue { $0.append("\(event.level) \(event.message) \(all)") }
        }
    }

    @Test("F16: keys are stored as hashes, and neither a key nor a payload is in a log or in the way of an error")
    func keys() async throws {
        let lines = NIOLockedValueBox<[String]>([])
        let logger = Logger(label: "test") { _ in Recorder(lines: lines) }
        try await withTemporaryDirectory { directory in
            var secrets: [String] = []
            try await withTestHub(try await SQLiteStore.open(directory: directory), logger: logger) { hub in
                let project = try await hub.makeProject()
                let second = try #require(try await project.post("/apikeys").json["apiKey"]?.string)
                secrets = [project.key, second, BadRequestTests.unknownKey]
                let other = TestProject(hub: hub, id: project.id, key: second)
                let echo = try await other.register("echo")
                #expect(project.key.wholeMatch(of: /sk-orra-v1-[0-9a-f]{64}/) != nil)
                #expect(try await hub.call(.GET, "/services", key: BadRequestTests.unknownKey).status == 401)
                let byParameter = try await TestSocket.open(hub, "/ws?serviceId=\(echo)&apiKey=\(second)")
                let watcher = try await TestSocket.open(
                    hub, "/progress", subprotocols: ["orra", "orra-key.\(project.key)"])
                let id = try await project.submit(
                    plan: TestProject.plan(("echo", ["text": "$task0.text"])),
                    data: [("text", "a confidential payload")])
                let request = FakeService.Request(try await byParameter.frame("task_request"))
                try await byParameter.send("a confidential payload that is no message")
                _ = try await byParameter.frame("error")
                let answer = FakeService.payload(
                    "task_result", request, echo, ["result": ["task": ["text": "a confidential payload"]]])
                try await byParameter.send(["id": "m", "payload": answer])
                try await project.wait(id, for: .completed)
                _ = try await watcher.frame("ended")
                let answers = [
                    try await hub.call(.GET, "/ws?apiKey=\(BadRequestTests.unknownKey)"),
                    try await hub.call(.POST, "/register/project", body: Array("a confidential payload".utf8)),
                ]
                for answer in answers {
                    let text = String(decoding: answer.body, as: UTF8.self)
                    #expect(!text.contains("sk-orra-v1") && !text.contains("confidential"))
                }
                Self.expectNone(of: secrets, in: directory, while: "running")
            }
            Self.expectNone(of: secrets, in: directory, while: "stopped")
            let logged = lines.withLockedValue { $0 }
            for secret in secrets {
                #expect(!logged.contains { $0.contains(secret.dropFirst("sk-orra-v1-".count)) })
            }
            #expect(!logged.contains { $0.contains("confidential") })
            #expect(!logged.isEmpty)
        }
    }

    /// Looks at the bytes of the database, of its write-ahead log and of whatever else lies there.
    static func expectNone(of secrets: [String], in directory: String, while state: String) {
        var bytes = Data()
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
            bytes += FileManager.default.contents(atPath: "\(directory)/\(name)") ?? Data()
        }
        // The reading itself works.
        #expect(bytes.range(of: Data("Says a text again".utf8)) != nil)
        for secret in secrets {
            #expect(bytes.range(of: Data(secret.dropFirst("sk-orra-v1-".count).utf8)) == nil, "\(state)")
        }
    }
}
