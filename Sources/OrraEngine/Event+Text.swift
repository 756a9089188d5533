public import OrraModel

extension Event {
    /// Its form on disk, as `WireEncoder` writes it, byte for byte: a test compares them. The events that every task has
    /// are written by hand, at a small part of the cost; the journal is most of what a hub writes.
    public func text() throws -> JSONPieces {
        var writer = JSONWriter(capacity: 256)
        var isWritten = true
        writer.object {
            $0.member("v", Self.version)
            $0.member("type", kind.rawValue)
            switch self {
            case .received(let event): event.write(to: &$0)
            case .planningStage(let stage): isWritten = stage.writeIfSimple(to: &$0)
            case .planned(let event): isWritten = event.writeIfSimple(to: &$0)
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
        return isWritten ? writer.pieces : try WireEncoder().pieces(of: self)
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
    /// Whether it is written: one with fractions or costs is not.
    fileprivate func writeIfSimple(to writer: inout JSONWriter) -> Bool {
        guard confidence == nil, considered == nil, unused == nil, usage == nil else { return false }
        writer.member("stage", stage.rawValue)
        writer.member("result", result.rawValue)
        writer.member("summary", summary)
        writer.member("microseconds", microseconds)
        guard let steps else { return true }
        writer.key("steps")
        writer.array { for step in steps { step.write(to: &$0) } }
        return true
    }
}

extension PlanningStage.Step {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("task", task.description)
            $0.member("service", service)
            $0.member("reason", reason)
            $0.key("bindings")
            $0.array {
                for binding in bindings {
                    $0.object {
                        $0.member("field", binding.field)
                        $0.member("source", binding.source)
                        $0.member("reason", binding.reason)
                    }
                }
            }
        }
    }
}

extension Event.Planned {
    /// Whether it is written: one with fractions is not.
    fileprivate func writeIfSimple(to writer: inout JSONWriter) -> Bool {
        guard terms?.confidence == nil, terms?.grounding == nil else { return false }
        writer.key("plan")
        plan.write(to: &writer)
        writer.key("services")
        writer.array { for service in services { service.write(to: &$0) } }
        if let terms {
            writer.key("terms")
            writer.object {
                if let planner = terms.planner { $0.member("planner", planner.rawValue) }
                if let hash = terms.planHash { $0.member("planHash", hash) }
                if let hold = terms.hold { $0.member("hold", hold.rawValue) }
                if let hash = terms.approvedHash { $0.member("approvedHash", hash) }
                if let hold = terms.approvedFor { $0.member("approvedFor", hold.rawValue) }
                if let check = terms.outputCheck { $0.member("outputCheck", check.rawValue) }
            }
        }
        if let holdUntil { writer.member("holdUntil", holdUntil.description) }
        return true
    }
}

extension Plan {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("parameters", parameters)
            $0.key("tasks")
            $0.array { for task in tasks { task.write(to: &$0) } }
        }
    }
}

extension Plan.Task {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("id", id.description)
            $0.member("service", service.rawValue)
            $0.key("input")
            $0.array {
                for input in input {
                    $0.object {
                        $0.member("field", input.field)
                        $0.member("source", input.source.description)
                        $0.member("sourceField", input.sourceField)
                    }
                }
            }
            if let reason { $0.member("reason", reason) }
        }
    }
}

extension Event.ServiceReference {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("id", id.rawValue)
            $0.member("kind", kind.rawValue)
            $0.member("name", name)
            $0.member("version", version)
            $0.key("revertible")
            $0.bool(revertible)
        }
    }
}
