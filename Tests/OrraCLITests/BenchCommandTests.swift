import OrraModel
import Testing

@Suite struct BenchCommandTests {
    @Test(
        "what can't be is refused with a sentence that names it",
        arguments: [
            (["--in-flight", "0"], "--in-flight must lie between 1 and 100000"),
            (["--length", "256"], "--length must lie between 1 and 255"),
            (["--length", "100", "--width", "100"], "--length times --width must lie between 1 and 255"),
            (["--services", "1001"], "--services must lie between 1 and 1000"),
            (["--replicas", "300"], "--replicas must lie between 1 and 256"),
            (["--payload=-1"], "--payload must lie between 0 and"),
            (["--credit", "0"], "--credit must lie between 1 and 1024"),
            (["--handler-time", "60001"], "--handler-time must lie between 0 and 60000"),
            (["--progress-rate=-1"], "--progress-rate must lie between 0 and"),
            (["--actions=-1"], "--actions must lie between 0 and"),
            (["--seconds", "0"], "--seconds and --warm-up are numbers of seconds"),
            (["--action", "echo", "--length", "2"], "--action goes with one task"),
            (["--action", #"say "it""#], "--action takes plain words"),
            (["--server", "https://hub.example"], "is no address that can be measured"),
        ])
    func refused(arguments: [String], sentence: String) async {
        let run = CommandRun()
        defer { run.remove() }
        let code = await run.orra(["bench"] + arguments)
        #expect(code == 2)
        #expect(run.errors.text.contains(sentence), "\(run.errors.text)")
        #expect(run.output.text == "")
    }

    @Test("no hub: a sentence, and 2")
    func noHub() async {
        let run = CommandRun()
        defer { run.remove() }
        #expect(await run.orra("bench", "--server", "http://127.0.0.1:1") == 2)
        #expect(run.errors.text.contains("orra: "), "\(run.errors.text)")
    }

    @Test("the ceiling needs no hub, and is one line of JSON for scripts")
    func ceiling() async throws {
        let run = CommandRun()
        defer { run.remove() }
        let code = await run.orra("bench", "--ceiling", "--actions", "5", "--warm-up", "0", "--length", "2", "--json")
        #expect(code == 0, "\(run.errors.text)")
        #expect(run.output.lines.count == 1)
        let json = try JSONValue(parsing: Array(run.output.text.utf8))
        #expect(json["completed"] == 5)
        #expect(json["wrong"] == 0)
        #expect(json["load"]?["length"] == 2)
        let table = CommandRun()
        defer { table.remove() }
        #expect(await table.orra("bench", "--ceiling", "--actions", "5", "--warm-up", "0") == 0)
        #expect(table.output.text.contains("POST -> webhook"))
    }
}
