import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OrraModel
import Testing

@testable import OrraCLI

@Suite struct WebhookListenerTests {
    @Test("Port and path are taken from the URL")
    func place() throws {
        func place(_ url: String) throws -> String {
            let (port, path) = try VerifyCommand.Webhooks.Start.place(of: url)
            return "\(port) \(path)"
        }
        #expect(try place("http://localhost:3000/webhooks/results?x=1") == "3000 /webhooks/results")
        #expect(try place("http://host.docker.internal") == "80 /")
        #expect(throws: CLIError.self) { try place("https://localhost:3000") }
        #expect(throws: CLIError.self) { try place("http://localhost:99999/x") }
    }

    /// Posts to a listener that runs meanwhile; it ends as with Ctrl-C.
    private func listen(
        _ arguments: [String], _ post: @Sendable @escaping (_ url: String) async throws -> Void
    ) async throws -> CommandRun {
        var run = CommandRun()
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        run.interruption = { _ = await ends.first { _ in true } }
        let listening = run
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let code = await listening.orra(
                    ["verify", "webhooks", "start", "http://localhost:0/webhooks/results"] + arguments)
                #expect(code == 0)
            }
            group.addTask {
                try await listening.errors.wait { $0.contains("\n") }
                let url = listening.errors.text.split(separator: " ").first { $0.hasPrefix("http://127.0.0.1:") }
                try await post(String(try #require(url)))
                end.yield()
            }
            try await group.waitForAll()
        }
        return run
    }

    private func post(_ url: String, _ body: String) async throws -> Int {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers = [
            "X-Orra-Event": "orchestration.completed", "webhook-id": "d_1", "webhook-signature": "v1,abc",
            "Authorization": "Bearer secret",
        ]
        request.body = .bytes(ByteBuffer(string: body))
        return Int(try await HTTPClient.shared.execute(request, timeout: .seconds(10)).status.code)
    }

    @Test("Every webhook is shown with its event, time and headers, and no credentials")
    func shows() async throws {
        let run = try await listen([]) { url in
            let json = try await post(url, #"{"status":"completed","results":{"a":1}}"#)
            let text = try await post(url, "text")
            let elsewhere = try await post(url + "/other", "{}")
            #expect([json, text, elsewhere] == [200, 200, 404])
        }
        let text = run.output.text
        #expect(text.hasPrefix("orchestration.completed  2026-11-22 17:20:00 UTC\n"))
        #expect(text.contains("\n  webhook-signature: v1,abc\n"))
        #expect(text.contains("\n{\n  \"status\": \"completed\",\n  \"results\": {\n    \"a\": 1\n  }\n}\n"))
        #expect(text.contains("a body of 4 bytes that is not JSON"))
        #expect(!text.contains("secret"))
    }

    @Test("With --json every webhook is a line")
    func json() async throws {
        let run = try await listen(["--json"]) { url in _ = try await post(url, #"{"b":[1.50]}"#) }
        let value = try JSONValue(parsing: run.output.text)
        #expect(value["event"] == "orchestration.completed")
        #expect(value["body"] == ["b": [1.5]])
        #expect(value["headers"]?["webhook-id"] == "d_1")
        #expect(run.output.lines.count == 1)
    }

    @Test("A port in use is told")
    func portInUse() async throws {
        let run = try await listen([]) { url in
            let second = CommandRun()
            #expect(await second.orra("verify", "webhooks", "start", url) == 2)
            #expect(second.errors.text.hasPrefix("orra: can't listen on 127.0.0.1, port "))
        }
        #expect(run.output.text.isEmpty)
    }
}
