import NIOCore
import OrraEngine
import OrraModel
import Synchronization

/// Deliveries that are due, handed out in order within a project, and only while the project has a slot free.
///
/// It holds no more than the core has pending, which is bounded for each project.
final class PostQueue: Sendable {
    private struct State {
        var waiting: [ProjectID: CircularBuffer<WebhookDelivery>] = [:]
        var running: [ProjectID: Int] = [:]
        /// Projects with something waiting and a slot free, each once.
        var ready: CircularBuffer<ProjectID> = []
        var consumer: CheckedContinuation<WebhookDelivery?, Never>?
        var isFinished = false
    }

    private let slots: Int
    private let state = Mutex(State())

    init(slots: Int) { self.slots = slots }

    func add(_ delivery: WebhookDelivery) {
        change { state in
            state.waiting[delivery.project, default: []].append(delivery)
            // With more before it, its project is ready already, or full.
            let isFirst = state.waiting[delivery.project]?.count == 1
            if isFirst, state.running[delivery.project, default: 0] < slots { state.ready.append(delivery.project) }
        }
    }

    /// One post of the project has ended.
    func done(_ project: ProjectID) {
        change { state in
            let running = (state.running[project] ?? 1) - 1
            state.running[project] = running == 0 ? nil : running
            // It was full: now it has a slot.
            if running == slots - 1, state.waiting[project]?.isEmpty == false { state.ready.append(project) }
        }
    }

    func finish() { change { $0.isFinished = true } }

    /// `nil` once it is finished, or when the task is cancelled. One caller at a time.
    func next() async -> WebhookDelivery? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                change { $0.consumer = continuation }
            }
        } onCancel: {
            finish()
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let handOut = state.withLock { state -> (CheckedContinuation<WebhookDelivery?, Never>, WebhookDelivery?)? in
            body(&state)
            guard let consumer = state.consumer else { return nil }
            let delivery = take(from: &state)
            guard delivery != nil || state.isFinished else { return nil }
            state.consumer = nil
            return (consumer, delivery)
        }
        if let (consumer, delivery) = handOut { consumer.resume(returning: delivery) }
    }

    private func take(from state: inout State) -> WebhookDelivery? {
        guard !state.isFinished, let project = state.ready.popFirst(),
            let delivery = state.waiting[project]?.popFirst()
        else { return nil }
        state.running[project, default: 0] += 1
        if state.waiting[project]?.isEmpty != false {
            state.waiting[project] = nil
        } else if state.running[project, default: 0] < slots {
            state.ready.append(project)
        }
        return delivery
    }
}
