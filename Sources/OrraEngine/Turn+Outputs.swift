import OrraModel

/// What a service hands over when it has done its work: checked, kept, and if it fails the check still good for undoing.
extension Turn {
    mutating func complete(
        _ task: TaskState, _ output: RawJSON, _ compensation: Event.Compensation?, in surroundings: some Surroundings
    ) {
        let kept = self.kept(compensation, of: task, in: surroundings)
        if let failure = fault(of: output, kept, task, in: surroundings) {
            fail(task.id, failure)
            // The work is done all the same.
            return keepForUndoing(task, kept, failure)
        }
        warn(of: output, task, in: surroundings)
        emit(.taskCompleted(.init(task: task.id, output: output, compensation: kept)))
    }

    /// Journals where an output that is taken all the same breaks its schema.
    private mutating func warn(of output: RawJSON, _ task: TaskState, in surroundings: some Surroundings) {
        guard orchestration.terms.outputCheck == .warn,
            let schema = surroundings.service(task.service)?.schema.output
        else { return }
        for violation in schema.validate(output).prefix(Limits.warningsPerTask) {
            emit(
                .outputWarning(
                    .init(
                        task: task.id, path: String(violation.path.prefix(Limits.errorCharacters)),
                        reason: String(violation.reason.prefix(Limits.errorCharacters)))))
        }
    }

    /// A success behind the task's or the orchestration's outcome. Returns whether there was anything to keep.
    mutating func completedLate(
        _ task: TaskState, _ output: RawJSON, _ compensation: Event.Compensation?, in surroundings: some Surroundings
    ) -> Bool {
        let kept = self.kept(compensation, of: task, in: surroundings)
        if let failure = fault(of: output, kept, task, in: surroundings) {
            guard kept.map(fits) == true else { return false }
            keepForUndoing(task, kept, failure)
        } else {
            warn(of: output, task, in: surroundings)
            emit(.taskLate(.init(task: task.id, output: output, compensation: kept)))
        }
        return true
    }

    private mutating func keepForUndoing(_ task: TaskState, _ kept: Event.Compensation?, _ failure: Failure) {
        guard let kept, fits(kept) else { return }
        emit(.taskLate(.init(task: task.id, error: failure.message, compensation: kept)))
    }

    private func fits(_ compensation: Event.Compensation) -> Bool {
        let size = compensation.data.count
        return size <= Limits.undoBytes && orchestration.payloadBytes + size <= Limits.orchestrationBytes
    }

    /// Why an output can't be taken; `nil` if it can.
    private func fault(
        of output: RawJSON, _ kept: Event.Compensation?, _ task: TaskState, in surroundings: some Surroundings
    ) -> Failure? {
        let label = orchestration.label(task)
        guard output.count <= Limits.payloadBytes else {
            return Failure(
                .taskOutputTooLarge,
                "the output of \(label) has \(output.count) bytes; the limit is \(Limits.payloadBytes)")
        }
        if let kept, kept.data.count > Limits.undoBytes {
            return Failure(
                .taskOutputTooLarge,
                "what would undo \(label) has \(kept.data.count) bytes; the limit is \(Limits.undoBytes)")
        }
        let size = output.count + (kept?.data.count ?? 0)
        guard orchestration.payloadBytes + size <= Limits.orchestrationBytes else {
            return Failure(
                .taskOutputTooLarge,
                "with the output of \(label), \(size) bytes, the orchestration would hold more than "
                    + "\(Limits.orchestrationBytes) bytes")
        }
        guard orchestration.terms.outputCheck ?? .enforce == .enforce,
            let schema = surroundings.service(task.service)?.schema.output,
            let violation = schema.validate(output).first
        else { return nil }
        return Failure(
            .taskOutputInvalid,
            "the output of \(label) breaks the schema that the service registered: \(violation.sentence)")
    }

    /// What a service hands over to undo its work counts if it registered that it can.
    private func kept(
        _ compensation: Event.Compensation?, of task: TaskState, in surroundings: some Surroundings
    ) -> Event.Compensation? {
        let isRevertible =
            orchestration.services.first { $0.id == task.service }?.revertible == true
            || surroundings.service(task.service)?.revertible == true
        return isRevertible ? compensation : nil
    }
}

extension SchemaViolation {
    /// What is wrong where. A path may hold the names of members that came from outside, of any length.
    var sentence: String {
        let place = path.isEmpty ? "it" : path.prefix(Limits.errorCharacters)
        return "\(place) \(reason.prefix(Limits.errorCharacters))"
    }
}
