public import ArgumentParser
public import OrraBench
import OrraModel
import OrraSDK

struct BenchCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Load a hub, and measure it.",
        discussion: """
            Plays services that answer at once and callers that submit one action after the other, checks every result, \
            and prints throughput and latencies. It makes a project of its own in the hub. Ends with 1 when an action \
            was lost, refused or got a wrong result.

            orra bench --server http://127.0.0.1:8005 --in-flight 200 --seconds 30
            orra bench --length 10 --in-flight 1
            orra bench --ceiling --in-flight 200
            """)

    @Option(help: "Actions under way at the same time.") var inFlight = 1
    @Option(help: "Tasks that follow each other in an action.") var length = 1
    @Option(help: "Such chains side by side in an action.") var width = 1
    @Option(help: "Services that are registered.") var services = 1
    @Option(help: "Connections of each service.") var replicas = 1
    @Option(help: "Bytes of text that each task takes and gives.") var payload = 0
    @Option(help: "Milliseconds that a service works on a task; 0 answers at once.") var handlerTime = 0
    @Option(help: "Progress that a working service tells, per second.") var progressRate = 0
    @Option(help: "Seconds that are measured.") var seconds = 10.0
    @Option(help: "Seconds before, which are not measured.") var warmUp = 2.0
    @Option(help: "Actions after which measuring ends before its seconds are over; 0 for none.") var actions = 0
    @Option(help: "How the end of an action is learnt: webhook, progress or both.") var outcome = Load.Outcome.webhook
    @Option(help: "Submit this text, and let the hub plan it, instead of a plan: one task of bench-echo-0.")
    var action: String?
    @Option(help: "Tasks that a service takes at once.") var credit = 1_024
    @Flag(help: "Measure a hub that does nothing instead: the most that this benchmark can show here.")
    var ceiling = false
    @OptionGroup var global: GlobalOptions

    func run(in context: CommandContext) async throws {
        let load = try load()
        let result: BenchResult
        do {
            if ceiling {
                result = try await Bench.ceiling(load)
            } else {
                result = try await Bench(hub: try place(in: context), load: load).run()
            }
        } catch let error as BenchError {
            throw CLIError(error.description, advice: "Is the hub running, and does it still take projects?")
        }
        if global.json { try context.print(json: result) } else { context.output.write(result.text) }
        if !result.isClean { throw ExitStatus.notCompleted.code }
    }

    private func place(in context: CommandContext) throws -> Place {
        let address = try global.server.map { try HubAddress($0) } ?? .standard
        guard let place = Place(url: address.text + "/") else {
            throw CLIError(
                "\(address.text) is no address that can be measured",
                advice: "Name it as http://host:port; TLS is not measured.")
        }
        return place
    }

    func load() throws(CLIError) -> Load {
        var load = Load()
        load.services = try count(services, "--services", 1...Limits.servicesPerProject)
        load.replicas = try count(replicas, "--replicas", 1...Limits.connectionsPerService)
        load.length = try count(length, "--length", 1...(Limits.tasksPerPlan - 1))
        load.width = try count(width, "--width", 1...(Limits.tasksPerPlan - 1))
        _ = try count(load.length * load.width, "--length times --width", 1...(Limits.tasksPerPlan - 1))
        load.inFlight = try count(inFlight, "--in-flight", 1...Limits.liveOrchestrationsPerProject)
        load.payload = try count(payload, "--payload", 0...(Limits.payloadBytes - 4_096))
        load.handlerMilliseconds = try count(handlerTime, "--handler-time", 0...60_000)
        load.progressRate = try count(progressRate, "--progress-rate", 0...10_000)
        load.credit = try count(credit, "--credit", 1...Limits.maximumCredit)
        load.actions = try count(actions, "--actions", 0...Int(Int32.max))
        guard (0.1...86_400).contains(seconds), (0...3_600).contains(warmUp) else {
            throw CLIError("--seconds and --warm-up are numbers of seconds", advice: "Write --seconds 10 --warm-up 2")
        }
        (load.seconds, load.warmUpSeconds) = (seconds, warmUp)
        load.outcome = outcome
        if let action {
            guard load.tasks == 1 else {
                throw CLIError(
                    "--action goes with one task", advice: "Leave out --length and --width: the text decides the plan.")
            }
            guard !action.contains(where: { $0 == "\"" || $0 == "\\" || $0.isNewline }) else {
                throw CLIError("--action takes plain words", advice: #"Leave out quotation marks and backslashes."#)
            }
            load.action = action
        }
        return load
    }

    private func count(_ value: Int, _ name: String, _ range: ClosedRange<Int>) throws(CLIError) -> Int {
        guard range.contains(value) else {
            throw CLIError("\(name) must lie between \(range.lowerBound) and \(range.upperBound)", advice: nil)
        }
        return value
    }
}

extension Load.Outcome: ExpressibleByArgument {}
