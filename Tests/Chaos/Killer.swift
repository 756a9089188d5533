import Foundation
import ProcessSupport

/// Draws faults from a shuffled deck, one after another; none is forgotten, however short a run is.
struct Killer {
    enum Fault: String, CaseIterable {
        case killService, stopService, killHub, stopHub, fillDisk, cutSome, cutAll, delay, stall, refuse

        /// How many of it are in a deck.
        var weight: Int {
            switch self {
            case .killService: 8
            case .stopService, .cutSome: 4
            case .killHub: 3
            case .delay, .stall: 2
            case .stopHub, .fillDisk, .cutAll, .refuse: 1
            }
        }
    }

    struct Tally: Sendable {
        var cuts = 0
        var delays = 0
        var stalls = 0
        var refusals = 0
    }

    let settings: ChaosSettings
    let hub: HubKeeper
    let fleet: Fleet
    let proxy: Proxy
    /// Told of every fault, for people who look for a cause.
    let note: @Sendable (String) -> Void
    var generator: SeededGenerator

    /// Makes faults for the whole duration. What has begun by then is waited for.
    mutating func run() async throws -> Tally {
        var tally = Tally()
        let end = ContinuousClock.now + settings.duration
        try await withThrowingTaskGroup(of: Void.self) { group in
            var deck: [Fault] = []
            while ContinuousClock.now < end {
                if deck.isEmpty { deck = Self.deck(&generator) }
                let pause = generator.milliseconds(settings.pause)
                try await Task.sleep(for: pause)
                try await strike(deck.removeLast(), &tally, in: &group)
            }
            try await group.waitForAll()
        }
        return tally
    }

    private static func deck(_ generator: inout SeededGenerator) -> [Fault] {
        Fault.allCases.flatMap { Array(repeating: $0, count: $0.weight) }.shuffled(using: &generator)
    }

    private mutating func strike(
        _ fault: Fault, _ tally: inout Tally, in group: inout ThrowingTaskGroup<Void, any Error>
    ) async throws {
        // Drawn for every fault alike, so that what follows does not depend on what this one does.
        let short = generator.milliseconds(0...1_500)
        let long = generator.milliseconds(1_000...5_000)
        let member = Int.random(in: 0..<settings.services, using: &generator)
        let resetting = generator.chance(50)
        var dice = SeededGenerator(seed: generator.next())
        note(fault == .killService || fault == .stopService ? "\(fault.rawValue), process \(member)" : fault.rawValue)
        switch fault {
        case .killService, .stopService:
            let signal = fault == .killService ? SIGKILL : SIGTERM
            group.addTask { [fleet] in try await fleet.end(member, signal, restartAfter: short) }
        case .killHub, .stopHub:
            let signal = fault == .killHub ? SIGKILL : SIGTERM
            group.addTask { [hub] in try await hub.end(signal, restartAfter: short) }
        case .fillDisk: group.addTask { [hub] in try await hub.fillDisk(for: long) }
        case .cutSome: tally.cuts += proxy.cut(percent: 20, resetting: resetting, &dice)
        case .cutAll: tally.cuts += proxy.cut(percent: 100, resetting: resetting, &dice)
        case .delay:
            tally.delays += 1
            proxy.delay(short / 5)
            group.addTask { [proxy] in
                try await Task.sleep(for: long)
                proxy.delay(.zero)
            }
        case .stall:
            tally.stalls += 1
            proxy.stall(true)
            group.addTask { [proxy] in
                try await Task.sleep(for: long)
                proxy.stall(false)
            }
        case .refuse:
            tally.refusals += 1
            proxy.refuse(true)
            tally.cuts += proxy.cut(percent: 50, resetting: resetting, &dice)
            group.addTask { [proxy] in
                try await Task.sleep(for: short)
                proxy.refuse(false)
            }
        }
    }
}
