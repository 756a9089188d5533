import Dispatch

/// A thread for the loop: a store may commit on it, without handing the batch to another thread and waiting to be woken.
/// While it does, inputs gather in the ``LoopInbox``.
final class LoopExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "orra.loop", qos: .userInitiated)

    /// Lets those go first who wait for the thread.
    func yield() async {
        await withUnsafeContinuation { continuation in queue.async { continuation.resume() } }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { [self] in job.runSynchronously(on: asUnownedSerialExecutor()) }
    }
}
