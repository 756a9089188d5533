import Foundation
import ProcessSupport

/// How much chaos, and for how long.
struct ChaosSettings: Sendable {
    /// Picks plans, faults, their order and their times. What a fault hits is up to the machine.
    var seed: UInt64
    /// How long faults happen. Starting, healing and checking come on top.
    var duration: Duration
    /// Processes of services, replicas included. Every fifth is written with the Python SDK.
    var services: Int
    /// Between two faults, in milliseconds.
    var pause = 400...2_600
    /// Actions that may be under way at once.
    var actionsAtOnce = 150
    /// Between two submissions, in milliseconds.
    var submissionPause = 20...120
    /// How long everything may take to end once all is healed.
    var patience: Duration = .seconds(240)
    /// Whether handlers do an effect once per key. Without it the run must find effects that were doubled.
    var deduplicates = true
    /// Whether what the processes said is kept in any case.
    var keepsFiles = false
    /// Whether the disk gets full by a limit of file sizes also where it could be mounted.
    var limitsFiles = false
    /// The hub to be tested; by default the one beside this program.
    var hub = "orra"

    static let usage = """
        Chaos: a hub, services and their killer. Ends with 0 when nothing was lost and nothing was doubled.
          --seed <n>        default: a random one, which is printed
          --minutes <m>     how long faults happen, such as 5 or 0.5; default 5
          --services <n>    processes of services, 2 to 100; default 20
          --hub <path>      another hub than the one that was built with it
          --limit-files     the disk gets full by a limit of file sizes, also where a tmpfs could be mounted
          --keep            keeps what every process said also when all is well
          --careless        handlers don't deduplicate: shows that doubled effects are found
        """

    init(seed: UInt64, duration: Duration, services: Int) {
        self.seed = seed
        self.duration = duration
        self.services = services
    }

    init(arguments: some Sequence<String>) throws {
        self.init(seed: .random(in: 1...999_999), duration: .seconds(300), services: 20)
        var rest = Array(arguments)
        func value(of name: String) throws -> String {
            guard !rest.isEmpty else { throw ProcessFault("\(name) needs a value\n\n\(Self.usage)") }
            return rest.removeFirst()
        }
        while !rest.isEmpty {
            let name = rest.removeFirst()
            switch name {
            case "--limit-files": limitsFiles = true
            case "--help": throw ProcessFault(Self.usage)
            case "--keep": keepsFiles = true
            case "--careless": deduplicates = false
            case "--hub": hub = try value(of: name)
            case "--seed": seed = try Self.number(name, try value(of: name), UInt64.min...UInt64.max)
            case "--services": services = try Self.number(name, try value(of: name), 2...100)
            case "--minutes":
                let text = try value(of: name)
                guard let minutes = Double(text), (0.1...1_440).contains(minutes) else {
                    throw ProcessFault("--minutes must be 0.1 to 1440")
                }
                duration = .milliseconds(Int(minutes * 60_000))
            default: throw ProcessFault("\(name) is unknown\n\n\(Self.usage)")
            }
        }
    }

    private static func number<Number: FixedWidthInteger>(
        _ name: String, _ text: String, _ range: ClosedRange<Number>
    ) throws -> Number {
        guard let number = Number(text), range.contains(number) else {
            throw ProcessFault("\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
