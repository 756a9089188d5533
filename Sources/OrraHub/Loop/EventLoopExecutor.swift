import NIOCore

/// Runs tasks on the threads that serve sockets: what a request or a frame wakes goes on where it came in, and no other
/// thread is woken for it.
final class EventLoopExecutor: TaskExecutor {
    private let group: any EventLoopGroup

    /// A single event loop runs all tasks itself; of a group, the loop on whose thread a task is woken runs it.
    init(_ group: any EventLoopGroup) { self.group = group }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        group.any().execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
