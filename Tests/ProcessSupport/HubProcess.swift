import Foundation
import OrraProtocol
import OrraSDK

/// A running `orra serve`.
public struct HubProcess: Sendable {
    public let process: ChildProcess
    public let address: String

    public init(process: ChildProcess, address: String) {
        self.process = process
        self.address = address
    }

    public var port: Int { Int(address.split(separator: ":").last ?? "") ?? 0 }

    /// A new project's operator. Stays good over restarts, which keep the address.
    public func makeProject() async throws -> Operator {
        let project = try await OperatorClient(address: HubAddress(address)).registerProject(name: "test")
        return Operator(
            client: OperatorClient(address: try HubAddress(address), apiKey: project.apiKey), key: project.apiKey,
            address: address)
    }
}

extension Stage {
    /// Starts a hub and returns when it answers. With the port of an earlier one it takes that one's place.
    public func startHub(
        _ program: String = "orra", port: Int = 0, dataDirectory: String? = nil
    ) async throws -> HubProcess {
        let process = try start(
            program, ["serve", "--port", "\(port)", "--data-dir", dataDirectory ?? path("data")], name: "hub")
        let address = try await eventually("the hub's banner") {
            if let ending = process.ending { throw ProcessFault("the hub did not start: \(ending)") }
            // The last line may not be whole yet.
            return process.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                .first { $0.hasPrefix("  address ") }
                .map { $0.dropFirst("  address ".count).trimmingCharacters(in: .whitespaces) }
        }
        return HubProcess(process: process, address: address)
    }

    /// Kills the hub with `kill -9` and starts another one in its place.
    public func restart(_ hub: HubProcess) async throws -> HubProcess {
        hub.process.kill()
        return try await startHub(port: hub.port)
    }
}
