public import OrraModel

extension ServiceMessage {
    /// Reads a frame, wrapped or bare. Payloads are validated and kept as bytes, not decoded.
    public init(frame: [UInt8]) throws(ServiceMessageError) {
        try self.init { try JSONScanner.scan(frame) { try Self.read(&$0) } }
    }

    /// The same from a socket's own buffer. What comes out of it is copied.
    public init(frame: UnsafeBufferPointer<UInt8>) throws(ServiceMessageError) {
        try self.init { try JSONScanner.scan(frame) { try Self.read(&$0) } }
    }

    /// The same from a buffer that large payloads keep.
    public init(frame: SharedBytes) throws(ServiceMessageError) {
        try self.init { try JSONScanner.scan(frame) { try Self.read(&$0) } }
    }

    private static func read(_ scanner: inout JSONScanner) throws -> ServiceMessage {
        let fields = try Fields(&scanner)
        return ServiceMessage(id: fields.id, payload: try fields.payload())
    }

    private init(_ read: () throws -> ServiceMessage) throws(ServiceMessageError) {
        do {
            self = try read()
        } catch let error as ServiceMessageError {
            throw error
        } catch let error as JSONError {
            throw ServiceMessageError(reason: "the frame is not a valid message: \(error)")
        } catch {
            throw ServiceMessageError(reason: "the frame is not a valid message")
        }
    }

    /// The frame for the hub.
    public func frame() -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        guard let id else {
            write(to: &writer)
            return writer.bytes
        }
        writer.object {
            $0.member("id", id)
            $0.key("payload")
            write(to: &$0)
        }
        return writer.bytes
    }

    private func write(to writer: inout JSONWriter) {
        writer.object {
            switch payload {
            case .taskResult(let report, let outcome):
                $0.member("type", "task_result")
                report.write(to: &$0)
                outcome.write(to: &$0)
            case .interimResult(let report, let progress):
                $0.member("type", "task_interim_result")
                report.write(to: &$0)
                $0.key("result")
                $0.object { $0.member("task", progress) }
            case .abort(let report, let payload):
                $0.member("type", "task_abort_result")
                report.write(to: &$0)
                $0.key("result")
                $0.object { $0.member("task", payload) }
            case .inProgress(let report):
                $0.member("type", "task_status")
                report.write(to: &$0)
                $0.member("status", "in_progress")
            case .pong: $0.member("type", "pong")
            case .hello(let hello):
                $0.member("type", "hello")
                $0.member("protocol", hello.version)
                if let credit = hello.credit { $0.member("credit", credit) }
                if let instance = hello.instance { $0.member("instance", instance) }
            case .drain: $0.member("type", "drain")
            }
        }
    }
}

extension ServiceMessage.TaskReport {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("taskId", task)
        writer.member("executionId", execution)
        writer.member("idempotencyKey", idempotencyKey.rawValue)
    }
}

extension ServiceMessage.TaskOutcome {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.key("result")
        switch self {
        case .output(let output, let compensation):
            writer.object {
                $0.member("task", output)
                $0.key("compensation")
                guard let compensation else { return $0.null() }
                $0.object {
                    $0.member("data", compensation.data)
                    if let ttl = compensation.ttlMilliseconds { $0.member("ttl", ttl) }
                }
            }
        case .error(let message):
            writer.null()
            writer.member("error", message)
        case .compensation(let outcome): writer.raw(outcome.result)
        case .malformed: writer.null()
        }
    }
}

/// The members of a frame, whichever of the two forms it has. Its result lies in the frame still.
private struct Fields {
    var id: String?
    var type: String?
    var status: String?
    var task = "", execution = "", key = ""
    var result: JSONText?
    var error: RawJSON?
    var hello = ServiceMessage.Hello(credit: nil, instance: nil)
    private var isWrapped = false

    init(_ scanner: inout JSONScanner) throws {
        try scanner.object { scanner, key in
            switch key {
            case "id": id = try scanner.optionalString()
            case "payload":
                isWrapped = true
                try scanner.object { scanner, key in try read(&scanner, key) }
            default: try read(&scanner, key)
            }
        }
        if !isWrapped { id = nil }
        if let id, id.utf8.count > Limits.messageIDBytes {
            throw ServiceMessageError(reason: "a message's id has at most \(Limits.messageIDBytes) bytes")
        }
    }

    private mutating func read(_ scanner: inout JSONScanner, _ member: JSONKey) throws {
        switch member {
        case "type": type = try scanner.optionalString()
        case "status": status = try scanner.optionalString()
        case "taskId": task = try scanner.optionalString() ?? ""
        case "executionId": execution = try scanner.optionalString() ?? ""
        case "idempotencyKey": key = try scanner.optionalString() ?? ""
        case "result": result = try scanner.text()
        case "error": error = try scanner.raw()
        case "protocol": hello.version = try scanner.value().integer ?? 1
        case "credit": hello.credit = try scanner.value().integer
        case "instance": hello.instance = try scanner.optionalString()
        default: try scanner.skip()
        }
    }

    private var report: ServiceMessage.TaskReport {
        get throws(ServiceMessageError) {
            guard !key.isEmpty else { throw fault("a \(type ?? "") message needs an idempotencyKey") }
            return .init(task: task, execution: execution, idempotencyKey: IdempotencyKey(rawValue: key))
        }
    }

    private func fault(_ reason: String) -> ServiceMessageError {
        // Only what was meant as an outcome ends its task.
        let isOutcome = type == "task_result" || type == "task_abort_result"
        return ServiceMessageError(
            id: id, idempotencyKey: key.isEmpty || !isOutcome ? nil : .init(rawValue: key), reason: reason)
    }

    func payload() throws(ServiceMessageError) -> ServiceMessage.Payload {
        switch type {
        case "task_result": return try taskResult()
        case "task_interim_result": return .interimResult(try report, try inner())
        case "task_abort_result": return .abort(try report, try inner())
        case "task_status": return .inProgress(try report)
        case "pong": return .pong
        case "hello": return .hello(hello)
        case "drain": return .drain
        case nil: throw fault("the message has no type")
        default: throw fault("the hub knows no message of this type")
        }
    }

    private func taskResult() throws(ServiceMessageError) -> ServiceMessage.Payload {
        let report = try report
        if let error, !error.isNull {
            return .taskResult(report, .error(error.value.string ?? error.text))
        }
        guard let result, result.kind != .null else {
            return .taskResult(report, .malformed(reason: "the result is empty, and there is no error"))
        }
        if let output = ResultMembers(result)?.plainOutput { return .taskResult(report, output) }
        guard case .object(let members) = result.value else {
            return .taskResult(report, .malformed(reason: "the result is not an object"))
        }
        if members["status"]?.string == "aborted" {
            return .abort(report, RawJSON(members["payload"] ?? members["task"] ?? .null))
        }
        if CompensationOutcome.isMeant(by: members) {
            do throws(ServiceMessageError) {
                return .taskResult(report, .compensation(try CompensationOutcome(result: result.value)))
            } catch {
                return .taskResult(report, .malformed(reason: error.reason))
            }
        }
        guard let output = members["task"] else {
            // So the oldest clients send an output.
            return .taskResult(report, .output(result.raw, nil))
        }
        var compensation: ServiceMessage.CompensationData?
        if let declared = members["compensation"]?.object, let data = declared["data"] {
            compensation = .init(data: RawJSON(data), ttlMilliseconds: Self.ttl(declared["ttl"]))
        }
        return .taskResult(report, .output(RawJSON(output), compensation))
    }

    /// Within the range that the hub can count; what is no number is left out.
    fileprivate static func ttl(_ value: JSONValue?) -> Int64? {
        guard let number = value?.number else { return nil }
        let range = Limits.compensationTTLRange
        let (least, most) = (range.lowerBound.milliseconds, range.upperBound.milliseconds)
        return Int64(min(max(number.double, Double(least)), Double(most)))
    }

    /// `{"task": x}` → x.
    private func inner() throws(ServiceMessageError) -> RawJSON {
        guard let result else { throw fault("a \(type ?? "") message needs a result") }
        return result.members?.last { $0.key == "task" }?.value.raw ?? result.raw
    }
}

/// What nearly all results are, `{"task": …, "compensation": …}`, read without a tree: payloads are large.
private struct ResultMembers {
    private var task: JSONText?
    private var data: JSONText?
    private var ttl: JSONValue?
    private var isPlain = true

    init?(_ result: JSONText) {
        guard let members = result.members else { return nil }
        for member in members {
            switch member.key {
            case "task": task = member.value
            case "compensation": readCompensation(member.value)
            case "status": isPlain = false
            default: break
            }
        }
    }

    private mutating func readCompensation(_ text: JSONText) {
        (data, ttl) = (nil, nil)
        for member in text.members ?? [] {
            switch member.key {
            case "data": data = member.value
            case "ttl": ttl = member.value.value
            default: break
            }
        }
    }

    /// `nil` for a result that needs a closer look.
    var plainOutput: ServiceMessage.TaskOutcome? {
        guard isPlain, let task else { return nil }
        return .output(task.raw, data.map { .init(data: $0.raw, ttlMilliseconds: Fields.ttl(ttl)) })
    }
}
