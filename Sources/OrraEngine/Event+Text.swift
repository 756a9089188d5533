import OrraModel

extension Event {
    /// Its form on disk, as `WireEncoder` writes it, byte for byte: a test compares them. The events that every task has
    /// are written by hand, at a small part of the cost; the journal is most of what a hub writes.
    public func text() throws -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        var isWritten = true
        writer.object {
            $0.member("v", Self.version)
            $0.member("type", kind.rawValue)
            switch self {
            case .received(let event): event.write(to: &$0)
            case .planningStage(let stage): isWritten = stage.writeIfSimple(to: &$0)
            case .taskReady(let event):
                $0.member("task", event.task.description)
                $0.member("input", event.input)
                $0.member("key", event.key.rawValue)
            case .taskDispatched(let event): event.write(to: &$0)
            case .taskCompleted(let event):
                $0.member("task", event.task.description)
                $0.member("output", event.output)
                if let compensation = event.compensation {
                    $0.key("compensation")
                    $0.object {
                        $0.member("data", compensation.data)
                        $0.member("ttlMs", compensation.ttlMs)
                    }
                }
            case .ended(let event) where event.failure == nil: event.write(to: &$0)
            default: isWritten = false
            }
        }
        return isWritten ? writer.bytes : try WireEncoder().encode(self)
    }
}

extension Event.Received {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("orchestration", orchestration.rawValue)
        writer.member("project", project.rawValue)
        writer.member("action", action)
        writer.member("data", data)
        writer.member("timeoutMs", timeoutMs)
        writer.member("gracePeriodMs", gracePeriodMs)
        if let webhook { writer.member("webhook", webhook) }
        if let retryOf { writer.member("retryOf", retryOf.rawValue) }
    }
}

extension Event.TaskDispatched {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("task", task.description)
        writer.member("attempt", attempt)
        writer.member("delivery", delivery)
        writer.member("execution", execution.rawValue)
        writer.key("connection")
        writer.object { $0.member("number", connection.number) }
        if let instance { writer.member("instance", instance) }
    }
}

extension Event.Ended {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("status", status.rawValue)
        if let task { writer.member("task", task.description) }
        if let results {
            writer.key("results")
            writer.array { for result in results { $0.raw(result) } }
        }
        if let abortPayload { writer.member("abortPayload", abortPayload) }
    }
}

extension PlanningStage {
    /// Whether it is written: one with lists or costs is not.
    fileprivate func writeIfSimple(to writer: inout JSONWriter) -> Bool {
        guard confidence == nil, considered == nil, steps == nil, unused == nil, usage == nil else { return false }
        writer.member("stage", stage.rawValue)
        writer.member("result", result.rawValue)
        writer.member("summary", summary)
        writer.member("microseconds", microseconds)
        return true
    }
}
