import OrraModel
import OrraProtocol

struct Unexpected: Error, CustomStringConvertible {
    let message: ServiceMessage
    init(_ message: ServiceMessage) { self.message = message }
    var description: String { "unexpected message: \(String(decoding: message.frame(), as: UTF8.self))" }
}

extension FakeHub {
    /// The next socket, once its hello has come.
    func connected() async throws -> FakeSocket {
        let socket = try await sockets.next()
        let message = try await socket.next()
        guard case .hello = message.payload else { throw Unexpected(message) }
        return socket
    }
}

extension ServiceMessage {
    /// The output of a task's result, which carries this execution id.
    func output(_ execution: String) throws -> JSONValue {
        guard case .taskResult(let report, .output(let output, nil)) = payload, report.execution == execution else {
            throw Unexpected(self)
        }
        return output.value
    }

    /// What came with a task's output for the hub to keep.
    func compensation() throws -> CompensationData {
        guard case .taskResult(_, .output(_, let data?)) = payload else { throw Unexpected(self) }
        return data
    }

    /// The answer to a request to undo.
    func reverted(_ execution: String) throws -> CompensationOutcome {
        guard case .taskResult(let report, .compensation(let outcome)) = payload, report.execution == execution else {
            throw Unexpected(self)
        }
        return outcome
    }

    func error(_ execution: String) throws -> String {
        guard case .taskResult(let report, .error(let error)) = payload, report.execution == execution else {
            throw Unexpected(self)
        }
        return error
    }
}
