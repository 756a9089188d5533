import Foundation
import OrraModel

/// The files of one component.
struct DataDirectory: Sendable {
    let path: String
    let name: String

    /// Makes the directory if it is missing.
    init(_ path: String, name: String) throws {
        self.path = path
        self.name = name
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ComponentError(.storage, "the data directory \(path) can't be made: \(error.localizedDescription)")
        }
    }

    var identityPath: String { "\(path)/\(name).json" }

    /// Of the first process the name alone; of further ones with a number.
    func resultsPath(slot: Int) -> String { path + "/" + name + (slot == 1 ? "" : ".\(slot)") + ".results.jsonl" }

    /// The id that the hub gave this component; `nil` if there is none, or the file can't be understood: the hub tells
    /// components by their names.
    func identity() -> ServiceID? {
        guard let data = FileManager.default.contents(atPath: identityPath), data.count < 64 * 1024 else { return nil }
        return try? WireDecoder().decode(Identity.self, from: Array(data)).id
    }

    func save(_ id: ServiceID) throws {
        do {
            try DurableFile.replace(identityPath, with: WireEncoder().encode(Identity(id: id)))
        } catch {
            throw ComponentError(.storage, "the component's id can't be saved: \(error)")
        }
    }

    private struct Identity: Codable { var id: ServiceID }
}
