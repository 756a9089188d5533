public import Foundation
import Synchronization

/// The scene of one test: a directory of its own, and every process that was started in it.
///
/// ```swift
/// try await Stage.run { stage in
///     let hub = try await stage.startHub()
///     hub.process.kill()
/// }
/// ```
public final class Stage: Sendable {
    /// Deleted at the end.
    public let directory: URL
    private let children = Mutex<[ChildProcess]>([])
    private let keepsFiles = Mutex(false)

    private init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "orra-stage-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    /// Runs `body`, then ends every process that it started, whatever happened. When `body` throws, what the processes
    /// said goes to standard error.
    public static func run<Value>(_ body: (Stage) async throws -> Value) async throws -> Value {
        let stage = try Stage()
        defer { stage.clear() }
        do {
            return try await body(stage)
        } catch {
            stage.tellWhatHappened()
            throw error
        }
    }

    /// Starts a program of this package, or of the system when `executable` is a path.
    public func start(
        _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:], name: String? = nil
    ) throws -> ChildProcess {
        let path = executable.hasPrefix("/") ? executable : try BuildFolder.executable(executable)
        let name = name ?? executable
        // A developer's own settings of Orra have no place here.
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("ORRA_") && $0.key != "PORT" }
        variables["HOME"] = directory.path()
        variables.merge(environment) { _, given in given }
        return try children.withLock { children in
            let child = try ChildProcess(
                name: name, executable: path, arguments: arguments, environment: variables,
                directory: directory.path(), log: directory.appending(path: "\(children.count)-\(name)").path())
            children.append(child)
            return child
        }
    }

    public func path(_ name: String) -> String { directory.appending(path: name).path() }

    /// Makes the file: a gate that a test service waits for.
    public func open(gate: String) throws { try Data().write(to: directory.appending(path: gate)) }

    /// Leaves the directory, with what every process said, for a person to look into.
    public func keepFiles() { keepsFiles.withLock { $0 = true } }

    private func clear() {
        for child in children.withLock({ $0 }) { child.kill() }
        if !keepsFiles.withLock({ $0 }) { try? FileManager.default.removeItem(at: directory) }
    }

    private func tellWhatHappened() {
        // The last ones: a test that restarts processes for minutes has hundreds.
        let reports = children.withLock { $0 }.suffix(12).map(\.report).joined()
        FileHandle.standardError.write(Data("\nThe processes of a test that fails:\n\(reports)\n".utf8))
    }
}

/// Where the package's executables are: beside the tests that run.
public enum BuildFolder {
    public static func executable(_ name: String) throws -> String {
        var starts = [Bundle.main.executableURL, Bundle.main.bundleURL, URL(filePath: CommandLine.arguments[0])]
        starts += Bundle.allBundles.map(\.bundleURL)
        for start in starts.compactMap({ $0?.resolvingSymlinksInPath() }) {
            // On macOS the tests lie some folders deeper, within their bundle.
            var folder = start
            for _ in 0..<5 {
                folder = folder.deletingLastPathComponent()
                let candidate = folder.appending(path: name).path()
                var isFolder: ObjCBool = false
                if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue {
                    return candidate
                }
            }
        }
        throw ProcessFault("there is no \(name) beside the tests; build everything: swift build --build-tests")
    }

    /// The checkout that the tests were built from.
    public static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
}
