import ArgumentParser
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import OrraModel
import OrraSDK

extension VerifyCommand {
    struct Webhooks: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "webhooks", abstract: "Receive webhooks here.", subcommands: [Start.self])
    }
}

extension VerifyCommand.Webhooks {
    struct Start: ContextCommand {
        static let configuration = CommandConfiguration(
            abstract: "Listen on a URL's port and path, and show every webhook that arrives.",
            discussion: "Listens on 127.0.0.1 only, and answers 200. Signatures are shown, not checked. Ctrl-C ends it."
        )

        @Argument(help: "Such as http://localhost:3000/webhooks/results") var url: String
        @OptionGroup var global: GlobalOptions

        func run(in context: CommandContext) async throws {
            let (port, path) = try Self.place(of: url)
            let listener = WebhookListener(port: port, path: path, asJSON: global.json, context: context)
            try await listener.run()
        }

        static func place(of url: String) throws(CLIError) -> (port: Int, path: String) {
            let advice = "Write it as http://localhost:3000/webhooks/results."
            guard url.lowercased().hasPrefix("http://") else {
                throw CLIError("\(url) is not an http:// URL", advice: advice)
            }
            let rest = url.dropFirst("http://".count).prefix { $0 != "?" && $0 != "#" }
            let authority = rest.prefix { $0 != "/" }
            let path = rest[authority.endIndex...]
            var port = 80
            if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
                guard let number = Int(authority[authority.index(after: colon)...]), (0...65_535).contains(number)
                else {
                    throw CLIError("the port of \(url) is not a number from 0 to 65535", advice: advice)
                }
                port = number
            }
            return (port, path.isEmpty ? "/" : String(path))
        }
    }
}

/// A small server that shows what is posted to it.
struct WebhookListener: Sendable {
    let port: Int
    let path: String
    let asJSON: Bool
    let context: CommandContext

    static let maximumBytes = Limits.payloadBytes * 2

    func run() async throws {
        let router = Router(context: BasicRequestContext.self)
        router.post("**") { request, _ in await receive(request) }
        router.post { request, _ in await receive(request) }
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? port
                context.errors.line("Listening for webhooks on http://127.0.0.1:\(port)\(path)  (Ctrl-C ends it)")
            },
            logger: Logger(label: "orra.webhooks") { _ in SwiftLogNoOpLogHandler() })
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await application.run() }
                group.addTask { await context.interruption() }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch let error as IOError {
            throw CLIError(
                "can't listen on 127.0.0.1, port \(port): \(error)",
                advice: "Choose a port that is free, and above 1023 unless you are root.")
        }
    }

    private func receive(_ request: Request) async -> Response {
        guard request.uri.path == path || request.uri.path == path + "/" else { return Response(status: .notFound) }
        do {
            let body = try await request.body.collect(upTo: Self.maximumBytes)
            let arrival = WebhookArrival(
                time: context.now(), headers: request.headers, body: Array(body.readableBytesView))
            if asJSON { context.output.line(arrival.json) } else { context.print(arrival.lines) }
            return Response(status: .ok)
        } catch {
            context.errors.line("orra: a webhook of more than \(Self.maximumBytes) bytes, or cut off, was refused")
            return Response(status: .contentTooLarge)
        }
    }
}

/// One webhook as it arrived.
struct WebhookArrival: Sendable {
    var time: Timestamp
    var headers: HTTPFields
    var body: [UInt8]

    private static let event = HTTPField.Name("X-Orra-Event")

    private var eventName: String { Self.event.flatMap { headers[$0] } ?? "no event" }
    private var value: JSONValue? { try? JSONValue(parsing: body) }

    /// Names and values, without those that hold credentials.
    private var shownHeaders: [(name: String, value: String)] {
        headers.map { field in
            let isSecret = field.name == .authorization || field.name == .cookie
            return (field.name.rawName, isSecret ? "(not shown)" : field.value)
        }
    }

    var lines: [Line] {
        var lines = [Line(eventName, .bold).adding("  \(Times.moment(time))", .faint)]
        lines += shownHeaders.map { Line("  \($0.name): \($0.value)", .faint) }
        if let value {
            lines += JSONText.prettyLines(value).map { Line($0) }
        } else {
            lines.append(Line("a body of \(body.count) bytes that is not JSON", .warning))
        }
        return lines + [Line()]
    }

    var json: String {
        let fields = shownHeaders.map { JSONObject.Member(key: $0.name, value: .string($0.value)) }
        return JSONText.compact([
            "received_at": .string(time.description), "event": .string(eventName),
            "headers": .object(JSONObject(fields)), "body": value ?? .null,
        ])
    }
}
