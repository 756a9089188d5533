import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OrraModel
import ProcessSupport

/// A project of a hub, by plain HTTP.
struct HubAccess: Sendable {
    let address: String
    let key: String

    /// Makes a project.
    init(_ address: String) async throws {
        let json = try await Self.call(.POST, address + "/register/project", key: nil, #"{"name":"bench"}"#)
        guard let key = json["apiKey"]?.string else { throw ProcessFault("the hub made no project") }
        self.init(address, key: key)
    }

    init(_ address: String, key: String) { (self.address, self.key) = (address, key) }

    /// A service that takes and gives a token. Returns its id.
    func register(_ name: String) async throws -> String {
        let object = #"{"type":"object","properties":{"token":{"type":"string"}},"required":["token"]}"#
        let json = try await Self.call(
            .POST, address + "/register/service", key: key,
            #"{"name":"\#(name)","description":"Echoes the token of a benchmark","#
                + #""schema":{"input":\#(object),"output":\#(object)}}"#)
        guard let id = json["id"]?.string else { throw ProcessFault("the hub registered no service") }
        return id
    }

    /// An action of one task.
    func submit(to service: String, token: String) async throws {
        _ = try await Self.call(
            .POST, address + "/orchestrations", key: key,
            #"{"action":{"content":"benchmark"},"data":[{"field":"token","value":"\#(token)"}],"#
                + #""plan":{"tasks":[{"id":"task1","service":"\#(service)","input":{"token":"$task0.token"}}]}}"#)
    }

    /// How many the list shows.
    func list() async throws -> Int {
        let body = try await Self.bytes(.GET, address + "/orchestrations", key: key, nil)

        return String(buffer: body).split(separator: #""id":"o_"#).count - 1
    }

    /// Whether the hub there takes actions; false where none answers.
    static func isReady(_ address: String) async -> Bool {
        var request = HTTPClientRequest(url: address + "/ready")
        request.method = .GET
        guard let response = try? await HTTPClient.shared.execute(request, timeout: .seconds(5)) else { return false }
        return response.status == .ok
    }

    private static func call(
        _ method: HTTPMethod, _ url: String, key: String?, _ body: String
    ) async throws -> JSONValue {
        try JSONValue(parsing: Array(try await bytes(method, url, key: key, body).readableBytesView))
    }

    private static func bytes(
        _ method: HTTPMethod, _ url: String, key: String?, _ body: String?
    ) async throws -> ByteBuffer {
        var request = HTTPClientRequest(url: url)
        request.method = method
        if let key { request.headers.add(name: "Authorization", value: "Bearer \(key)") }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        let answer = try await response.body.collect(upTo: 64 << 20)
        guard (200..<300).contains(Int(response.status.code)) else {
            throw ProcessFault("the hub answered \(response.status.code): \(String(buffer: answer).prefix(300))")
        }
        return answer
    }
}
