/// Where the configuration lives.
struct ConfigurationFile {
    let file: SmallFile
    var path: String { file.path }

    /// `path` as it was given, or `~/.orra/config.json`.
    init(path: String?, environment: [String: String]) throws(CLIError) {
        if let path {
            guard !path.isEmpty else { throw CLIError("--config is empty", advice: "Name a file.") }
            file = SmallFile(path: path)
        } else if let home = environment["HOME"], !home.isEmpty {
            file = SmallFile(path: home + "/.orra/config.json")
        } else {
            throw CLIError("there is no home directory for the configuration", advice: "Name a file with --config.")
        }
    }

    /// An empty one if there is no file.
    func load() throws(CLIError) -> Configuration {
        do throws(SmallFile.Fault) {
            guard let content = try file.read() else { return Configuration() }
            return try Configuration(parsing: content)
        } catch {
            throw CLIError(
                "can't read the configuration \(path): \(error.reason)",
                advice: "Correct it, or begin anew with `orra config reset`.")
        }
    }

    /// Makes sure that a change can be written, before something is asked of the hub that can't be asked twice.
    func prepare() throws(CLIError) {
        do throws(SmallFile.Fault) { try file.makeDirectory() } catch { throw unwritable(error) }
        _ = try change { _ in }
    }

    /// Reads, changes and writes the file, while no other process does.
    @discardableResult
    func change(_ change: (inout Configuration) throws -> Void) throws(CLIError) -> Configuration {
        do {
            try file.makeDirectory()
            return try file.locked {
                var configuration = try load()
                try change(&configuration)
                try file.write(configuration.content)
                return configuration
            }
        } catch let error as SmallFile.Fault {
            throw unwritable(error)
        } catch {
            throw error as? CLIError ?? CLIError("can't change the configuration \(path)")
        }
    }

    /// Puts the file aside as `config.json.bak`, because the keys in it are told only once. `nil` if there is none.
    func reset() throws(CLIError) -> String? {
        do throws(SmallFile.Fault) {
            guard try file.read() != nil else { return nil }
            try file.rename(to: path + ".bak")
            return path + ".bak"
        } catch {
            throw unwritable(error)
        }
    }

    private func unwritable(_ fault: SmallFile.Fault) -> CLIError {
        CLIError(
            "can't write the configuration \(path): \(fault.reason)",
            advice: "Check who may write there, or name another file with --config.")
    }
}
