import OrraCore
import OrraEngine
import OrraModel

/// One connection of a replica. Each side learns of its end on its own.
struct Link {
    let number: Int
    let replica: Int
    let generation: Int
    let epoch: Int
    let connection: ConnectionID
    var isOpenAtHub = true
    var isOpenAtClient = true
    /// No frame passes, and neither side knows yet.
    var isCut = false
    /// Until then the client's side takes nothing from its socket.
    var stalledUntil: Int64 = 0
    /// When the last frame arrives: frames keep their order but for the fault `reordered`.
    var lastToHub: Int64 = 0
    var lastToClient: Int64 = 0
    var random: SeededGenerator

    var label: String { "r\(replica)/c\(connection.number)" }
}

/// Frames on their way, and connections that break.
extension Simulation {
    func connect(_ replica: Int, _ generation: Int) {
        guard replicas[replica].isUp, replicas[replica].generation == generation, replicas[replica].link == nil else {
            return
        }
        let service = scenario.replicas[replica].service
        guard let hub, partitionedUntil[service, default: 0] <= now else {
            replicas[replica].failedConnects += 1
            let wait = Int64(min(1 << min(replicas[replica].failedConnects, 5), 30)) * 250
            return agenda.add(.connect(replica: replica, generation: generation), at: now + wait)
        }
        replicas[replica].failedConnects = 0
        let id = ConnectionID(hub.lastConnection + 1)
        self.hub?.lastConnection += 1
        let link = links.count
        links.append(
            Link(
                number: link, replica: replica, generation: generation, epoch: hub.epoch, connection: id,
                random: SeededGenerator(seed: scenario.seed, stream: 10_000 + UInt64(link))))
        self.hub?.links[id] = link
        replicas[replica].link = link
        let style = replicas[replica].style
        note("r\(replica) connects as c\(id.number) (\(style.rawValue), \(replicas[replica].service))")
        let credit = style == .python ? 1 : Limits.defaultCredit
        oracle.connected(id, replica: replica, service: replicas[replica].service, credit: credit)
        enqueue(
            .connected(
                Connection(
                    id: id, service: replicas[replica].service, connectedAt: hub.time(at: now), credit: credit,
                    awaitsHello: style == .swift)))
        if style == .swift { agenda.add(.helloTimeout(link: link), at: now + 5_000) }
        greet(replica)
    }

    // MARK: - Frames

    func sendToHub(_ link: Int, _ frame: HubBound) {
        guard links[link].isOpenAtClient, !isLost(link) else { return }
        for _ in 0...(isDuplicated(link) ? 1 : 0) {
            let at = arrival(link, after: links[link].lastToHub)
            links[link].lastToHub = max(links[link].lastToHub, at)
            agenda.add(.toHub(link: link, frame), at: at)
        }
    }

    func sendToClient(_ link: Int, _ frame: ClientBound) {
        guard links[link].isOpenAtHub, !isLost(link) else { return }
        for _ in 0...(isDuplicated(link) ? 1 : 0) {
            let at = arrival(link, after: max(links[link].lastToClient, links[link].stalledUntil))
            links[link].lastToClient = max(links[link].lastToClient, at)
            agenda.add(.toClient(link: link, frame), at: at)
        }
    }

    private func isLost(_ link: Int) -> Bool {
        if links[link].isCut { return true }
        guard !isHealed, links[link].random.chance(perMille: scenario.network.dropped) else { return false }
        oracle.counts.lost += 1
        note("network: a frame of \(links[link].label) is lost")
        return true
    }

    private func isDuplicated(_ link: Int) -> Bool {
        guard !isHealed, links[link].random.chance(perMille: scenario.network.duplicated) else { return false }
        oracle.counts.doubled += 1
        return true
    }

    private func arrival(_ link: Int, after last: Int64) -> Int64 {
        let at = now + links[link].random.time(scenario.network.latency)
        let mayOvertake = !isHealed && links[link].random.chance(perMille: scenario.network.reordered)
        return mayOvertake ? at : max(at, last)
    }

    func arriveAtHub(_ link: Int, _ frame: HubBound) {
        guard links[link].isOpenAtHub, !links[link].isCut, hub?.epoch == links[link].epoch else { return }
        let connection = links[link].connection
        switch frame {
        case .hello(let credit, let instance):
            oracle.declared(connection, credit: credit)
            enqueue(.hello(connection, credit: credit, instance: instance))
        case .drain: enqueue(.drain(connection))
        case .report(let key, let report, let execution, let messageID):
            enqueue(
                .report(
                    IncomingReport(
                        connection: connection, service: replicas[links[link].replica].service, key: key,
                        report: report, execution: execution, messageID: messageID)))
        case .malformed(let key, let messageID):
            enqueue(.malformedFrame(connection, key: key, messageID: messageID, reason: "it is odd"))
        }
    }

    func stopAwaitingHello(_ link: Int) {
        guard links[link].isOpenAtHub, hub?.epoch == links[link].epoch,
            hub?.core.fleet[links[link].connection]?.awaitsHello != false
        else { return }
        enqueue(.hello(links[link].connection, credit: nil, instance: nil))
    }

    /// A client that sits in its handler answers when it is done.
    func pong(_ link: Int) {
        guard links[link].isOpenAtHub, links[link].isOpenAtClient, !links[link].isCut, hub?.epoch == links[link].epoch,
            hub?.core.fleet[links[link].connection]?.inFlight.isEmpty == true
        else { return }
        let replica = links[link].replica
        guard replicas[replica].style != .python || replicas[replica].runs.isEmpty else {
            return agenda.add(.pong(link: link), at: now + 1_000)
        }
        enqueue(.heard(links[link].connection, roundTrip: .milliseconds(random.time(1...50))))
    }

    /// The socket's buffer is full: the hub sees it, and frames wait.
    func stall(_ replica: Int, _ duration: Int64) {
        guard let link = replicas[replica].link, links[link].isOpenAtHub, hub?.epoch == links[link].epoch else {
            return
        }
        links[link].stalledUntil = now + duration
        enqueue(.stalled(links[link].connection, true))
        agenda.add(.stallEnds(link: link), at: now + duration)
    }

    func endStall(_ link: Int) {
        guard links[link].isOpenAtHub, hub?.epoch == links[link].epoch, links[link].stalledUntil <= now else { return }
        enqueue(.stalled(links[link].connection, false))
    }

    /// Pings go unanswered: the hub counts, and concludes nothing while a task is in flight.
    func silence(_ replica: Int, _ duration: Int64) {
        guard let link = replicas[replica].link, links[link].isOpenAtHub, hub?.epoch == links[link].epoch else {
            return
        }
        enqueue(.missedPong(links[link].connection, count: random.pick(1...3)))
        agenda.add(.silenceEnds(link: link), at: now + duration)
    }

    func endSilence(_ link: Int) {
        guard links[link].isOpenAtHub, hub?.epoch == links[link].epoch else { return }
        enqueue(.heard(links[link].connection, roundTrip: .milliseconds(random.time(1...1_500))))
    }

    // MARK: - Ends

    /// The hub's process is gone: what it had sent may still arrive.
    func hubDies(_ link: Int) {
        links[link].isOpenAtHub = false
        agenda.add(.clientSeesEnd(link: link), at: max(now, links[link].lastToClient) + random.time(0...50))
    }

    /// The hub closes with 1012.
    func hubCloses(_ link: Int) {
        guard links[link].isOpenAtHub else { return }
        note("hub: closes \(links[link].label)")
        let at = max(now, links[link].lastToClient) + random.time(1...50)
        agenda.add(.clientSeesEnd(link: link), at: at)
        agenda.add(.hubSeesEnd(link: link), at: at + random.time(0...100))
    }

    /// The client's process or socket is gone: what it had sent may still arrive.
    func clientCloses(_ link: Int) {
        guard links[link].isOpenAtClient else { return }
        links[link].isOpenAtClient = false
        agenda.add(.hubSeesEnd(link: link), at: max(now, links[link].lastToHub) + random.time(0...200))
    }

    /// Nothing passes any more; each side finds out when its own patience ends, the client often long before the hub.
    func cut(_ replica: Int) {
        guard let link = replicas[replica].link else { return }
        links[link].isCut = true
        agenda.add(.hubSeesEnd(link: link), at: now + random.time(0...25_000))
        agenda.add(.clientSeesEnd(link: link), at: now + random.time(0...random.time(1...25_000)))
    }

    func partition(_ service: Int, _ duration: Int64) {
        partitionedUntil[service] = now + duration
        for replica in replicas.indices where scenario.replicas[replica].service == service { cut(replica) }
    }

    func endAtHub(_ link: Int) {
        guard links[link].isOpenAtHub, hub?.epoch == links[link].epoch else { return }
        links[link].isOpenAtHub = false
        hub?.links[links[link].connection] = nil
        oracle.counts.lostConnections += 1
        note("hub: \(links[link].label) is gone")
        enqueue(.disconnected(links[link].connection))
    }

    func endAtClient(_ link: Int) {
        let replica = links[link].replica
        guard links[link].isOpenAtClient else { return }
        links[link].isOpenAtClient = false
        guard replicas[replica].link == link else { return }
        replicas[replica].link = nil
        agenda.add(
            .connect(replica: replica, generation: replicas[replica].generation), at: now + random.time(10...1_000))
    }
}
