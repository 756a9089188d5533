import Foundation
import ProcessSupport

/// What to measure, and where to write it.
struct BenchSettings: Sendable {
    enum Mode: Sendable { case short, long }

    var mode = Mode.short
    var rounds = 3
    /// Of each measurement of a round.
    var seconds = 5.0
    /// Where data is kept meanwhile: on a disk, for what is measured is how fast it is on one.
    var data = FileManager.default.temporaryDirectory.appending(path: "orra-bench").path()
    /// Where the figures of this and earlier runs stand.
    var json: String?
    /// The page whose generated sections are written; `nil` for none.
    var page: String?
    /// A Python with the peers' packages; `nil` leaves the peers out.
    var python: String?
    /// As a reader would type it.
    var command = "Bench"
    var date = ""
    /// Long scenarios to play.
    var scenarios = LongScenario.allCases
    /// Of the counts of the long scenarios: 0.01 tries them out.
    var scale = 1.0
    /// For which idle connections are held.
    var idleMinutes = 1.0

    static let usage = """
        Bench: the machine's limits, the hub and its peers, in one run. Ends with 1 when an action was lost or wrong.
          --rounds <n>       rounds of which medians are taken; default 3
          --seconds <s>      of each measurement; default 5
          --data <folder>    on a disk; default: a folder in the system's temporary one
          --json <file>      where figures are kept, also those of earlier runs
          --page <file>      whose sections between <!-- bench --> and <!-- bench-long --> marks are written
          --python <file>    a Python with nats-py and dbos; without it there are no peers
          --command <text>, --date <text>   stand beside the figures
          --long             long scenarios instead
          --only <names>     some of them: \(LongScenario.allCases.map(\.name).joined(separator: ","))
          --scale <x>        counts of the long scenarios times this; default 1
          --idle-minutes <m> for which idle connections are watched; default 1
        """

    init() {}

    init(arguments: [String]) throws {
        var rest = arguments[...]
        func value(of name: String) throws -> String {
            guard let value = rest.popFirst() else { throw ProcessFault("\(name) needs a value\n\n\(Self.usage)") }
            return value
        }
        while let name = rest.popFirst() {
            switch name {
            case "--help": throw ProcessFault(Self.usage)
            case "--long": mode = .long
            case "--rounds": rounds = Int(try Self.number(name, value(of: name), 1...100))
            case "--seconds": seconds = try Self.number(name, value(of: name), 0.2...3_600)
            case "--scale": scale = try Self.number(name, value(of: name), 0.0001...10)
            case "--idle-minutes": idleMinutes = try Self.number(name, value(of: name), 0.1...1_440)
            case "--data": data = try Self.absolute(value(of: name))
            case "--json": json = try Self.absolute(value(of: name))
            case "--page": page = try Self.absolute(value(of: name))
            case "--python": python = try Self.absolute(value(of: name))
            case "--command": command = try value(of: name)
            case "--date": date = try value(of: name)
            case "--only":
                scenarios = try value(of: name).split(separator: ",").map { part in
                    guard let scenario = LongScenario.allCases.first(where: { $0.name == part }) else {
                        throw ProcessFault("there is no scenario \(part)\n\n\(Self.usage)")
                    }
                    return scenario
                }
            default: throw ProcessFault("\(name) is unknown\n\n\(Self.usage)")
            }
        }
        if let python, !FileManager.default.isExecutableFile(atPath: python) { self.python = nil }
    }

    private static func number(_ name: String, _ text: String, _ range: ClosedRange<Double>) throws -> Double {
        guard let number = Double(text), range.contains(number) else {
            throw ProcessFault("\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func absolute(_ path: String) -> String {
        let folder = URL(filePath: FileManager.default.currentDirectoryPath, directoryHint: .isDirectory)
        return URL(filePath: path, relativeTo: folder).absoluteURL.path()
    }

    /// A new folder of this name beneath ``data``.
    func freshFolder(_ name: String) throws -> String {
        let folder = data + "/" + name
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    func remove(_ folder: String) { try? FileManager.default.removeItem(atPath: folder) }
}
