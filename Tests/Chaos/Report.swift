/// What a run did and found, for people.
struct Report: Sendable {
    var settings: ChaosSettings
    var disk: String
    var hub: HubTally
    var fleet: FleetTally
    var killer: Killer.Tally
    var ledger: [Ledger.Entry]
    var verdict: Verdict
    var outcomes: OutcomeReceiver.Tally
    var duration: Duration
    var healing: Duration

    var isGood: Bool {
        verdict.lost.isEmpty && verdict.doubled.isEmpty && verdict.wrong.isEmpty && hub.badEnds.isEmpty
            && hub.overdueStops == 0
    }

    private func count(_ isIncluded: (Ledger.Answer) -> Bool) -> Int { ledger.count { isIncluded($0.answer) } }

    var text: String {
        let found = count { if case .found = $0 { true } else { false } }
        let accepted = count { if case .accepted = $0 { true } else { false } }
        let minutes = Double(duration.components.seconds) / 60
        var lines = [
            "Chaos, seed \(settings.seed): \((minutes * 10).rounded() / 10) minutes, \(settings.services) services",
            "  hub        killed \(hub.kills), stopped \(hub.stops), starts that failed \(hub.failedStarts)",
            "  services   killed \(fleet.kills), stopped \(fleet.stops), ended by themselves \(fleet.ownEnds.count), "
                + "revived \(fleet.revived)",
            "  network    connections cut \(killer.cuts), refused \(killer.refusals) times, delayed \(killer.delays) "
                + "times, stalled \(killer.stalls) times",
            "  disk       full \(hub.fullPeriods) times, noticed \(hub.noticedPeriods) times (\(disk))",
            "  actions    accepted \(accepted + found) (\(found) of them with their answer lost), refused "
                + "\(count { $0 == .refused }), never arrived \(count { $0 == .unknown })",
            "  ended      completed \(verdict.completed), failed or aborted \(verdict.failed)\(faults)",
            "  effects    \(verdict.effects), undone \(verdict.undos)",
            "  repeats    \(verdict.repeats.values.reduce(0, +)) asked for again and not done again",
        ]
        lines += verdict.repeats.sorted { $0.key < $1.key }.map { "    \($0.value) × \($0.key)" }
        lines += [
            "  webhooks   \(verdict.webhooks) arrived, \(outcomes.repeats) more than once, \(outcomes.refusals) tries "
                + "refused",
            "  healed     all ended after \(healing.components.seconds) s",
            "  lost       \(verdict.lost.count)",
            "  doubled    \(verdict.doubled.count)",
            "  wrong      \(verdict.wrong.count + hub.badEnds.count + hub.overdueStops)",
        ]
        lines += section("Lost", verdict.lost) + section("Doubled", verdict.doubled)
        lines += section("Wrong", verdict.wrong + hub.badEnds) + section("Services that ended", fleet.ownEnds)
        lines += section("Failed though planned to complete, for example", verdict.examples)
        return lines.joined(separator: "\n") + "\n"
    }

    private var faults: String {
        guard !verdict.failedByFaults.isEmpty else { return "" }
        let parts = verdict.failedByFaults.sorted { $0.key < $1.key }.map { "\($0.value) by \($0.key)" }
        return ", of them not as planned: \(parts.joined(separator: ", "))"
    }

    private func section(_ title: String, _ lines: [String]) -> [String] {
        guard !lines.isEmpty else { return [] }
        return ["\(title):"] + lines.prefix(20).map { "  \($0)" } + (lines.count > 20 ? ["  …"] : [])
    }
}
