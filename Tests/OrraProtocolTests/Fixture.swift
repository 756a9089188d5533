import Foundation
import OrraModel
import Testing

/// One file of `sdk-protocol/fixtures/<message>`.
struct Fixture: Sendable, CustomTestStringConvertible {
    enum Kind: String, Sendable, CaseIterable {
        case valid, unknownFields = "unknown-fields", invalid
    }

    let message: String
    let name: String
    let kind: Kind
    let content: [UInt8]
    /// Of an invalid one: the error, from the line of its `.md` that starts with `> `.
    let error: String?
    /// Of an invalid one: only a validator that knows `pattern` sees the fault.
    let needsPattern: Bool

    var testDescription: String { "\(message)/\(name)" }
    /// Read, but written in another form: what older or other clients send.
    var isTolerated: Bool { name.hasPrefix("valid-tolerated-") }

    func value() throws -> JSONValue { try JSONValue(parsing: content) }
}

/// The folder `sdk-protocol` of this repository.
enum SDKProtocol {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "sdk-protocol")

    static func schema(_ message: String) throws -> JSONSchema {
        let url = folder.appending(path: "schemas/\(message).json")
        return JSONSchema(try JSONValue(parsing: Array(Data(contentsOf: url))))
    }

    static let messages = names(in: "fixtures")
    static let schemas = names(in: "schemas").filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
    // A folder that can't be read is a fault of the repository: the tests say so by not running.
    static let fixtures = messages.flatMap { message in
        do { return try fixtures(of: message) } catch { fatalError("\(message): \(error)") }
    }

    private static func names(in path: String) -> [String] {
        let url = folder.appending(path: path)
        return ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? [])
            .filter { !$0.hasPrefix(".") }.sorted()
    }

    private static func fixtures(of message: String) throws -> [Fixture] {
        try names(in: "fixtures/\(message)").filter { $0.hasSuffix(".json") }.map { file in
            let name = String(file.dropLast(5))
            let kind = try #require(Fixture.Kind.allCases.first { name.hasPrefix($0.rawValue + "-") })
            let path = folder.appending(path: "fixtures/\(message)/\(name)")
            let note = try? String(contentsOf: path.appendingPathExtension("md"), encoding: .utf8)
            let error = note?.split(separator: "\n").first { $0.hasPrefix("> ") }.map { String($0.dropFirst(2)) }
            return Fixture(
                message: message, name: name, kind: kind,
                content: Array(try Data(contentsOf: path.appendingPathExtension("json"))), error: error,
                needsPattern: note?.contains("knows `pattern`") ?? false)
        }
    }
}
