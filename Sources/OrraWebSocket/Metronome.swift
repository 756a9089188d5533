import NIOCore
import NIOPosix

/// Ticks for the connections of one event loop. Those that are due together share a timer: one for each of thousands of
/// connections costs the loop as much as their pings do, and memory.
final class Metronome {
    private struct Listener {
        weak var session: WebSocketSession?
    }

    private static let ofThread = ThreadSpecificVariable<NIOLoopBoundBox<Metronome>>()
    private var listeners: [NIODeadline: [Listener]] = [:]

    /// That of the event loop, on which this is called.
    static func of(_ eventLoop: any EventLoop) -> Metronome {
        if let metronome = ofThread.currentValue { return metronome.value }
        let metronome = NIOLoopBoundBox(Metronome(), eventLoop: eventLoop)
        ofThread.currentValue = metronome
        return metronome.value
    }

    /// The session hears one tick then, unless it is gone.
    func tick(_ session: WebSocketSession, at deadline: NIODeadline, on eventLoop: any EventLoop) {
        guard listeners[deadline] == nil else {
            listeners[deadline]?.append(Listener(session: session))
            return
        }
        listeners[deadline] = [Listener(session: session)]
        eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            for listener in self.listeners.removeValue(forKey: deadline) ?? [] { listener.session?.tick() }
        }
    }
}
