import Foundation
import ProcessSupport

extension Stage {
    /// Starts a script of this folder with the Python that has the SDK. Its identity files are the stage's.
    func startPython(_ script: String, for project: Operator) throws -> ChildProcess {
        let python = BuildFolder.package.appending(path: ".build/venv/bin/python").path()
        guard FileManager.default.isExecutableFile(atPath: python) else {
            throw ProcessFault("there is no \(python): run `make test`, which makes it")
        }
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Python/\(script).py").path()
        var environment = project.environment
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        environment["PYTHONUNBUFFERED"] = "1"
        return try start(python, [path], environment: environment, name: script)
    }

    /// One hub, one project, one script, whose services are connected.
    static func runPython(
        _ script: String, services: [String],
        _ body: (Stage, HubProcess, Operator, ChildProcess) async throws -> Void
    ) async throws {
        try await run { stage in
            let hub = try await stage.startHub()
            let project = try await hub.makeProject()
            let process = try stage.startPython(script, for: project)
            for service in services { _ = try await project.connected(service) }
            try await body(stage, hub, project, process)
        }
    }
}
