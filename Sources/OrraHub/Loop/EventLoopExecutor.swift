import NIOCore
import NIOPosix

/// Runs tasks on the threads that serve their sockets: what a request or a frame wakes goes on where it came in, and no
/// other thread is woken for it.
final class EventLoopExecutor: TaskExecutor {
    private let group: MultiThreadedEventLoopGroup

    init(_ group: MultiThreadedEventLoopGroup) { self.group = group }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let loop = MultiThreadedEventLoopGroup.currentEventLoop ?? group.any()
        loop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
