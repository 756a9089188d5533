import OrraModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The hub's time: the wall clock at start plus the elapsed continuous clock, so that it never jumps; and never behind
/// the last journal entry, so that it never runs back over a restart.
struct HubClock: Sendable {
    private let start: Timestamp
    private let origin = ContinuousClock.now

    init(notBefore last: Timestamp?) {
        let wall = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
        start = max(wall, last ?? wall)
    }

    var now: Timestamp { start + (ContinuousClock.now - origin) }
}
