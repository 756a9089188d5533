public import Foundation

/// A line in a test service's journals: something that it did for a task.
public struct ServiceRecord: Sendable, Hashable, Codable {
    /// Idempotency key of the task.
    public var key: String
    public var task: String
    public var execution: String
    public var input: [String: String]
    public var output: [String: String]?
    /// Which process did it.
    public var process: Int32

    public init(
        key: String, task: String, execution: String, input: [String: String], output: [String: String]?, process: Int32
    ) {
        self.key = key
        self.task = task
        self.execution = execution
        self.input = input
        self.output = output
        self.process = process
    }

    /// A journal of a test service.
    public enum Journal: String, CaseIterable, Sendable {
        /// Each run of the handler, when it begins.
        case runs
        /// Each effect, once per key.
        case effects
        /// Each effect that was asked for again and not done again.
        case repeats
        /// Each effect that was undone, once per key of the request to undo it.
        case undos

        public func path(of service: String, in directory: URL) -> String {
            directory.appending(path: "\(service).\(rawValue).jsonl").path()
        }

        /// The records so far; a last line that was cut off by a crash is left out.
        public func records(of service: String, in directory: URL) -> [ServiceRecord] {
            let data = FileManager.default.contents(atPath: path(of: service, in: directory)) ?? Data()
            return data.split(separator: 0x0A).compactMap { try? JSONDecoder().decode(ServiceRecord.self, from: $0) }
        }
    }
}
