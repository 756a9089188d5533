/// A run of `make bench` for people: on a terminal, and as a section of `docs/performance.md`.
struct ShortReport {
    let run: ShortRun

    private func of(_ figure: Figure) -> Double? { run.figures[figure] }

    private var limits: [[String]] {
        [
            ["WebSocket echo, 1 connection: round trip, p50", Text.time(of(.roundTrip))],
            ["WebSocket echo, 50 connections: round trips", Text.rate(of(.roundTripsPerSecond))],
            ["one synced commit of a hop, p50", Text.time(of(.commit))],
            [
                "hops of 200 actions in one commit",
                "\(Text.rate(of(.groupedHopsPerSecond))), \(Text.rate(of(.groupedWritesPerSecond))) writes",
            ],
            ["the benchmark's own ceiling, 200 in flight", Text.rate(of(.ceilingAt200))],
            ["the same, 1,000 in flight", Text.rate(of(.ceilingAt1000))],
        ]
    }

    /// What, the Go engine, what is to be reached, here, reached, ratio to the machine's limit.
    private var hub: [[String]] {
        let most1000 = of(.p99At1000).flatMap { p99 in of(.p50At1000).map { p99 / $0 } }
        let slower = of(.actionsAt1000).flatMap { wide in of(.actionsAt200).map { wide / $0 } }
        return [
            [
                "1 task, POST → webhook, p50", "306 ms", "≤ 3 ms", Text.time(of(.oneTask)),
                reached(of(.oneTask).map { $0 <= 3_000 }), Text.times(of(.oneTaskRatio)),
            ],
            [
                "chain of 10, p50", "2,107 ms", "≤ 15 ms", Text.time(of(.chainOfTen)),
                reached(of(.chainOfTen).map { $0 <= 15_000 }), Text.times(of(.chainRatio)),
            ],
            [
                "hop (result in → next task out), p50", "200 ms", "≤ 2 × (commit + round trip)", Text.time(of(.hop)),
                reached(of(.hopRatio).map { $0 <= 2 }), Text.times(of(.hopRatio)),
            ],
            [
                "1-task actions, 200 in flight", "350/s, crashes", "≥ 3,500/s", Text.rate(of(.actionsAt200)),
                reached(of(.actionsAt200).map { $0 >= 3_500 }), Text.percent(of(.shareAt200)) + " of the ceiling",
            ],
            [
                "their POST → webhook, p50 and p99", "534 ms", "",
                "\(Text.time(of(.p50At200))), "
                    + Text.time(of(.p99At200)), "", "",
            ],
            [
                "1-task actions, 1,000 in flight", "351/s", "no slower than with 200", Text.rate(of(.actionsAt1000)),
                // What two runs of the same differ by.
                reached(slower.map { $0 >= 0.95 }), Text.percent(of(.shareAt1000)) + " of the ceiling",
            ],
            [
                "their POST → webhook, p50 and p99", "2.6 s", "p99 ≤ 5 × p50",
                "\(Text.time(of(.p50At1000))), \(Text.time(of(.p99At1000)))", reached(most1000.map { $0 <= 5 }), "",
            ],
            ["processor of the hub for a 1-task action", "", "", Text.time(of(.microsecondsPerAction)), "", ""],
        ]
    }

    private func reached(_ isReached: Bool?) -> String { isReached.map { $0 ? "yes" : "no" } ?? "" }

    // MARK: - Peers

    private static let works: [(length: Int, inFlight: Int, what: String)] = [
        (1, 1, "1 task, p50"), (10, 1, "chain of 10, p50"), (1, 200, "1-task actions, 200 in flight"),
    ]

    private var peerHeader: [String] { ["", "durable"] + Self.works.map(\.what) }

    private var peers: [[String]] {
        var rows = [
            ["**Orra**", "yes", Text.time(of(.oneTask)), Text.time(of(.chainOfTen)), Text.rate(of(.actionsAt200))]
        ]
        var names: [String] = []
        for peer in run.peers where !names.contains(peer.name) { names.append(peer.name) }
        for name in names {
            let own = run.peers.filter { $0.name == name }
            rows.append(
                [name, own.first?.isDurable == true ? "yes" : "no"]
                    + Self.works.map { work in
                        own.first { $0.length == work.length && $0.inFlight == work.inFlight }
                            .map { cell($0) } ?? "-"
                    })
        }
        return rows
    }

    /// With how much faster the hub is than the peer; below 1 it is slower.
    private func cell(_ peer: PeerFigures) -> String {
        if peer.inFlight > 1 {
            let rate = Samples.median(peer.perSecond)
            let ratio = of(.actionsAt200).flatMap { own in rate.map { own / $0 } }
            return "\(Text.rate(rate)) (\(Text.times(ratio)))"
        }
        let time = Samples.median(peer.p50)
        let own = of(peer.length == 1 ? .oneTask : .chainOfTen)
        let ratio = own.flatMap { own in time.map { $0 / own } }
        return "\(Text.time(time)) (\(Text.times(ratio)))"
    }

    private var versions: String {
        var parts: [String] = []
        var names: [String] = []
        for peer in run.peers where !names.contains(peer.name) {
            names.append(peer.name)
            let about = peer.about.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            parts.append("\(peer.name): \(about.joined(separator: ", "))")
        }
        return parts.joined(separator: ". ")
    }

    // MARK: - Both forms

    private static let hubHeader = ["what", "Go engine", "reach", "here", "reached", "ratio to the machine's limit"]

    var text: String {
        var parts = [
            "The machine, median of \(run.rounds):", Text.columns(limits), "",
            "The hub:", Text.columns([Self.hubHeader] + hub), "",
        ]
        if !run.peers.isEmpty {
            parts += ["Peers, in brackets how many times faster the hub is:", Text.columns([peerHeader] + peers), ""]
        }
        parts += run.leftOut.map { "Left out: \($0)" } + run.faults.map { "WRONG: \($0)" }
        return parts.joined(separator: "\n")
    }

    var markdown: String {
        var parts = [
            "`\(run.command)`, \(run.date). \(run.machine.summary.capitalizedFirst). Each figure is the median of "
                + "\(run.rounds) \(run.rounds == 1 ? "round" : "rounds") of \(Text.plain(run.seconds)) s.",
            "### The machine's limits", Text.markdown(["what", "here"], limits),
            "### The hub", Text.markdown(Self.hubHeader, hub), "### Peers",
        ]
        if !run.peers.isEmpty {
            parts += [
                "In brackets: how many times faster the hub is; below 1 it is slower.",
                Text.markdown(peerHeader, peers), versions + ".",
            ]
        }
        parts += run.leftOut.map { "Left out: \($0)." }
        parts += run.faults.map { "**Wrong:** \($0)." }
        return parts.joined(separator: "\n\n")
    }
}

extension String {
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
