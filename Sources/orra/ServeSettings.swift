import Configuration
import Logging
import OrraHub
import OrraModel
import OrraProtocol
import SystemPackage

/// Settings of `orra serve`: a flag wins over the environment, the environment over the file, the file over the default.
///
/// | flag | environment | file | default |
/// |---|---|---|---|
/// | `--host` | `ORRA_HOST` | `orra.host` | `127.0.0.1` |
/// | `--port` | `ORRA_PORT`, `PORT` | `orra.port` | 8005 |
/// | `--data-dir` | `ORRA_DATA_DIR` | `orra.data.dir` | `~/.orra` |
/// | `--retention` | `ORRA_RETENTION` | `orra.retention` | `168h` |
/// | `--planner` | `ORRA_PLANNING_ORDER` | `orra.planning.order` | `model` |
/// | `--run-threshold` | `ORRA_PLANNING_RUN_THRESHOLD` | `orra.planning.run.threshold` | 0.7 |
/// | `--draft-threshold` | `ORRA_PLANNING_DRAFT_THRESHOLD` | `orra.planning.draft.threshold` | 0.3 |
/// | `--output-check` | `ORRA_PLANNING_OUTPUT_CHECK` | `orra.planning.output.check` | `warn` |
/// | `--grounding` | `ORRA_PLANNING_GROUNDING` | `orra.planning.grounding` | `strict` |
/// | `--llm-budget` | `ORRA_LLM_BUDGET` | `orra.llm.budget` | none |
/// | `--log-level` | `ORRA_LOG_LEVEL` | `orra.log.level` | `notice` |
struct ServeSettings {
    var hub: HubConfiguration
    var logLevel: Logger.Level

    struct Flags {
        var host: String?
        var port: Int?
        var dataDirectory: String?
        var retention: String?
        var logLevel: String?
        var planning = PlanningFlags()
    }

    /// Why a setting can't be used, and what to do.
    struct Fault: Error {
        var message: String
    }

    static func read(flags: Flags, file: String?, home: String) async throws(Fault) -> ServeSettings {
        let reader = try await reader(flags: flags, file: file)
        let port = try integer("orra.port", in: reader) ?? 8005
        guard (0...65_535).contains(port) else {
            throw Fault(message: "the port must lie between 0 (a free one) and 65535, and is \(port)")
        }
        let levelName = reader.string(forKey: "orra.log.level", default: "notice")
        guard let level = Logger.Level(rawValue: levelName.lowercased()) else {
            let all = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw Fault(message: "the log level must be one of \(all)")
        }
        let directory = reader.string(forKey: "orra.data.dir", default: "~/.orra")
        let planning = try planning(in: reader)
        let model = try model()
        if let reason = ModelConfiguration.fault(ofBudget: planning.modelBudget, with: model) {
            throw Fault(message: "ORRA_LLM_BUDGET: \(reason)")
        }
        return ServeSettings(
            hub: HubConfiguration(
                host: reader.string(forKey: "orra.host", default: "127.0.0.1"), port: port,
                dataDirectory: directory.hasPrefix("~/") ? home + directory.dropFirst() : directory,
                retention: try retention(in: reader), planning: planning, model: model),
            logLevel: level)
    }

    private static func reader(flags: Flags, file: String?) async throws(Fault) -> ConfigReader {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        func set(_ key: String, _ content: ConfigContent?) {
            guard let content else { return }
            values[AbsoluteConfigKey(key.split(separator: ".").map(String.init))] = .init(content, isSecret: false)
        }
        set("orra.host", flags.host.map { .string($0) })
        set("orra.port", flags.port.map { .int($0) })
        set("orra.data.dir", flags.dataDirectory.map { .string($0) })
        set("orra.retention", flags.retention.map { .string($0) })
        set("orra.log.level", flags.logLevel.map { .string($0) })
        for (key, value) in flags.planning.values { set(key, value.map { .string($0) }) }
        let environment = EnvironmentVariablesProvider()
        var providers: [any ConfigProvider] = [
            InMemoryProvider(name: "command line", values: values), environment,
        ]
        // Platforms that start programs on a port of their choice say it as PORT.
        if let port = try integer("port", in: ConfigReader(providers: [environment])) {
            providers.append(
                InMemoryProvider(name: "PORT", values: ["orra.port": ConfigValue(.int(port), isSecret: false)]))
        }
        if let file {
            do {
                if file.hasSuffix(".json") {
                    providers.append(try await FileProvider<JSONSnapshot>(filePath: FilePath(file)))
                } else {
                    providers.append(try await FileProvider<YAMLSnapshot>(filePath: FilePath(file)))
                }
            } catch {
                throw Fault(message: "the configuration file \(file) could not be read: \(error)")
            }
        }
        return ConfigReader(providers: providers)
    }

    static func retention(in reader: ConfigReader) throws(Fault) -> Duration {
        let text: String
        do {
            text = try reader.requiredString(forKey: "orra.retention")
        } catch {
            guard !"\(error)".hasPrefix("Missing") else { return Limits.retention }
            // In a file a bare 0 is a number.
            text = (try? reader.requiredInt(forKey: "orra.retention")).map(String.init) ?? ""
        }
        let range = Limits.retentionRange
        guard let duration = GoDuration(text)?.duration, duration == .zero || range.contains(duration) else {
            throw Fault(
                message:
                    "the retention must be a duration such as 48h, between \(GoDuration(range.lowerBound).text) and "
                    + "\(GoDuration(range.upperBound).text), or 0, which keeps all")
        }
        return duration
    }

    /// `nil` when nobody sets it. Reading with a default would take the default for `PORT=abc`, too.
    private static func integer(_ key: String, in reader: ConfigReader) throws(Fault) -> Int? {
        do {
            return try reader.requiredInt(forKey: ConfigKey(key))
        } catch {
            guard "\(error)".hasPrefix("Missing") else {
                let name = key == "port" ? "PORT" : "\(key) (\(key.uppercased().replacing(".", with: "_")))"
                throw Fault(message: "\(name) must be a whole number")
            }
            return nil
        }
    }
}
