import ArgumentParser
import Logging
import OrraCLI
import OrraHub
import OrraModel
import OrraStore
import ServiceLifecycle
import UnixSignals

/// `orra serve`: the hub.
struct Serve: ContextCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a hub.",
        discussion: """
            Settings come from flags, then from the environment (ORRA_HOST, ORRA_PORT or PORT, ORRA_DATA_DIR, \
            ORRA_RETENTION, ORRA_LOG_LEVEL), then from a file. docs/configuration.md has the table.
            """)

    @Option(help: "The address to listen on; 0.0.0.0 opens the hub to other machines. (default: 127.0.0.1)")
    var host: String?
    @Option(help: "The port to listen on; 0 takes a free one. (default: 8005)")
    var port: Int?
    @Option(help: "Where the database is. (default: ~/.orra)")
    var dataDir: String?
    @Option(help: "How long ended orchestrations are kept, such as 48h; 0 keeps all. (default: 168h)")
    var retention: String?
    @Option(help: "trace, debug, info, notice, warning, error or critical. (default: notice)")
    var logLevel: String?
    @OptionGroup(title: "Planning")
    var planning: PlanningFlags
    @Option(help: "A configuration file, YAML or JSON.")
    var configFile: String?

    func run(in context: CommandContext) async throws {
        let settings: ServeSettings
        do throws(ServeSettings.Fault) {
            settings = try await ServeSettings.read(
                flags: .init(
                    host: host, port: port, dataDirectory: dataDir, retention: retention, logLevel: logLevel,
                    planning: planning),
                file: configFile,
                home: context.environment["HOME"] ?? ".")
        } catch {
            throw failure(error.message, "See orra serve --help, or docs/configuration.md.", in: context)
        }
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "orra")
        logger.logLevel = settings.logLevel
        try await serve(settings, logger, in: context)
    }

    private func serve(_ settings: ServeSettings, _ logger: Logger, in context: CommandContext) async throws {
        Heap.giveBackLargeBlocks()
        let hub: Hub
        do throws(StoreError) {
            let store = try await SQLiteStore.open(directory: settings.hub.dataDirectory)
            hub = try await Hub(store: store, configuration: settings.hub, logger: logger) { port in
                context.output.write(Banner(settings: settings, port: port).text)
            }
        } catch {
            throw failure(error.message, nil, in: context)
        }
        let summary = await hub.summary
        for fault in summary.quarantined { context.errors.write("orra: set aside: \(fault)\n") }
        if summary.live > 0 {
            let noun = summary.live == 1 ? "orchestration goes" : "orchestrations go"
            context.output.write("\(summary.live) \(noun) on.\n")
        }
        let group = ServiceGroup(
            configuration: .init(
                services: [hub], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        do {
            try await group.run()
        } catch {
            throw failure(
                "the hub stopped: \(error)", "Is the port taken? Another one: orra serve --port 8006", in: context)
        }
        context.output.write("Stopped. What was running goes on at the next start.\n")
    }

    /// Says it, and ends with exit code 2.
    private func failure(_ message: String, _ hint: String?, in context: CommandContext) -> ExitCode {
        context.errors.write("orra: \(message)\n")
        if let hint { context.errors.write("  \(hint)\n") }
        return ExitCode(2)
    }
}

/// What a hub says when it answers.
struct Banner {
    let settings: ServeSettings
    let port: Int

    var text: String {
        let host = settings.hub.host
        let address = "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        var lines = [
            "",
            "  Orra \(OrraVersion.current)",
            "",
            "  address   \(address)",
            "  store     \(settings.hub.dataDirectory)/orra.db",
            "  keeps     ended actions for \(Self.text(settings.hub.retention))",
            "  planner   \(planner)",
        ]
        if !settings.hub.isLoopback {
            lines.append("  open      other machines can reach this hub, without TLS: whoever has a key is in")
        }
        let server = port == 8005 ? "" : " --server \(address)"
        lines += ["", "  first project:   orra projects add my-project\(server)", "  stop:            Ctrl-C", "", ""]
        return lines.joined(separator: "\n")
    }

    private var planner: String {
        let offline = "offline (matches actions to the descriptions of services)"
        guard let model = settings.hub.model else { return offline }
        let order = settings.hub.planning.over(.standard).order
        return order == .offline
            ? "\(offline), then \(model.name)" : "\(model.name); offline when that is out of reach"
    }

    /// `168h`, where Go would print `168h0m0s`.
    private static func text(_ retention: Duration) -> String {
        guard retention > .zero else { return "ever" }
        let text = retention.brief
        return text.hasSuffix("h0m0s") ? String(text.dropLast(4)) : text
    }
}
