import Foundation
import Logging
import OrraModel
import OrraProtocol

/// Runs the handlers of the jobs that the workbench hands out, and owns their Swift tasks.
struct Workforce: Sendable {
    let bench: Workbench
    let handler: TaskHandler
    let logger: Logger

    /// Until there are no more jobs; when cancelled, handlers are cancelled and awaited.
    func work() async {
        await withDiscardingTaskGroup { group in
            for await job in bench.jobs {
                group.addTask { await perform(job) }
            }
        }
    }

    private func perform(_ job: Workbench.Job) async {
        let request = job.request
        var logger = logger
        logger[metadataKey: "task"] = "\(request.task)"
        logger[metadataKey: "execution"] = "\(request.execution)"
        let context = TaskContext(
            id: request.task.description, executionID: request.execution.rawValue,
            idempotencyKey: request.idempotencyKey.rawValue, logger: logger
        ) { [bench] news in
            try await bench.told(news, by: request.idempotencyKey)
        }
        let outcome: Workbench.Outcome
        do {
            outcome = .output(try await run(job, context))
        } catch is TaskAborted {
            outcome = .error("aborted")  // told already
        } catch {
            logger.debug("handler failed")
            outcome = .error(Self.text(of: error))
        }
        await bench.finished(job, outcome, wasInterrupted: Task.isCancelled)
    }

    /// Runs the handler beside a watch that cancels it.
    private func run(_ job: Workbench.Job, _ context: TaskContext) async throws -> RawJSON {
        try await withThrowingTaskGroup(of: RawJSON?.self) { group in
            group.addTask { [handler] in try await handler(job.request.input, context) }
            group.addTask {
                for await _ in job.cancellation {}
                return nil
            }
            while let result = try await group.next() {
                group.cancelAll()
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    /// An error as the hub is told it, cut to its bound.
    static func text(of error: any Error) -> String {
        let text =
            switch error {
            case is CancellationError: "the handler was cancelled"
            case let error as any LocalizedError: error.errorDescription ?? String(describing: error)
            default: String(describing: error)
            }
        return String((text.isEmpty ? "\(type(of: error))" : text).prefix(Limits.errorCharacters))
    }
}
