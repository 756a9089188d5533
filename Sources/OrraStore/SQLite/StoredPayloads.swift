import OrraEngine
import OrraModel
import Synchronization

/// Which large payloads in memory are which on disk: what is read while somebody still has it is not read again, and what
/// a payload was made of is not written again. It keeps none of them.
final class StoredPayloads: Sendable {
    struct Place: Hashable {
        let orchestration: OrchestrationID
        let number: Int64
    }

    /// A payload that was stored as a whole.
    struct Payload {
        let bytes: SharedSlice
        let place: Place

        /// Where in it the slice lies, if it does.
        func offset(of slice: SharedSlice) -> Int? {
            guard bytes.whole === slice.whole, bytes.range.lowerBound <= slice.range.lowerBound,
                slice.range.upperBound <= bytes.range.upperBound
            else { return nil }
            return slice.range.lowerBound - bytes.range.lowerBound
        }
    }

    private struct Known {
        weak var whole: SharedBytes?
        let range: Range<Int>
        let place: Place

        var payload: Payload? { whole.map { Payload(bytes: SharedSlice($0, range), place: place) } }
    }

    private struct State {
        var byPlace: [Place: Known] = [:]
        /// An object's identity may be another's later.
        var byBytes: [ObjectIdentifier: [Place]] = [:]
        /// Since the last sweep, and how many bring the next.
        var (added, sweepAt) = (0, 64)

        mutating func sweep() {
            byPlace = byPlace.filter { $0.value.whole != nil }
            byBytes = [:]
            for known in byPlace.values {
                if let whole = known.whole { byBytes[ObjectIdentifier(whole), default: []].append(known.place) }
            }
            (added, sweepAt) = (0, max(64, byPlace.count))
        }
    }

    private let state = Mutex(State())

    subscript(place: Place) -> SharedSlice? {
        state.withLock { $0.byPlace[place]?.payload?.bytes }
    }

    /// A payload of the same orchestration in which the slice lies.
    func holding(_ slice: SharedSlice, of orchestration: OrchestrationID) -> Payload? {
        state.withLock { state in
            for place in state.byBytes[ObjectIdentifier(slice.whole)] ?? [] where place.orchestration == orchestration {
                if let payload = state.byPlace[place]?.payload, payload.offset(of: slice) != nil { return payload }
            }
            return nil
        }
    }

    func remember(_ payloads: [Payload]) {
        guard !payloads.isEmpty else { return }
        state.withLock { state in
            for payload in payloads {
                let (whole, place) = (payload.bytes.whole, payload.place)
                state.byPlace[place] = Known(whole: whole, range: payload.bytes.range, place: place)
                state.byBytes[ObjectIdentifier(whole), default: []].append(place)
            }
            state.added += payloads.count
            if state.added > state.sweepAt { state.sweep() }
        }
    }
}
