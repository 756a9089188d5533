import OrraModel
import OrraProtocol

/// One service with its connections and their history, as people read it.
struct ServiceText: Sendable {
    var service: ServiceAnswer

    func lines(now: Timestamp, width: Int?) -> [Line] {
        let isThere = !service.connections.isEmpty
        var lines = [
            Line(isThere ? "● " : "○ ", isThere ? .good : .warning).adding(service.name, .bold)
                .adding("  \(service.type.rawValue), version \(service.version)")
                .adding(service.revertible ? ", revertible" : "")
                .adding(service.approval == true ? ", needs approval" : ""),
            Line("  \(service.id)", .faint), Line("  \(service.description)"), Line(),
        ]
        if isThere {
            lines += connections(now).lines(width: width)
        } else {
            lines.append(Line("It is away: no connection is open.", .warning))
        }
        if service.waiting > 0 { lines += [Line(), Line("\(service.waiting) waiting for a connection", .warning)] }
        guard let events = service.events, !events.isEmpty else { return lines }
        lines.append(Line())
        return lines
            + events.map { event in
                let words = ServiceChange.words(event.type.rawValue, health: event.health, reason: event.reason)
                return Line("\(Times.moment(event.timestamp))  ", .faint).adding("connection \(event.connection)  ")
                    .adding(words.text, words.style)
            }
    }

    private func connections(_ now: Timestamp) -> Table {
        let rows = service.connections.map { connection -> [Line.Span] in
            let missed = connection.missedPongs
            return [
                .init(text: "\(connection.id)", style: .plain),
                .init(text: connection.health, style: ServiceChange.style(health: connection.health)),
                .init(text: "\(connection.inFlight) of \(connection.credit)", style: .plain),
                .init(text: "\(connection.delivered)", style: .plain),
                .init(text: "\(connection.failed)", style: connection.failed > 0 ? .warning : .plain),
                .init(
                    text: connection.roundTripMs.map { Times.duration(.microseconds(Int64($0 * 1_000))) } ?? "–",
                    style: .plain),
                .init(text: "\(missed)", style: missed > 0 ? .warning : .plain),
                .init(text: Times.age(now - connection.lastSeen), style: .plain),
                .init(text: Times.age(now - connection.connectedAt), style: .plain),
                .init(text: connection.reconnects.map(String.init) ?? "–", style: .plain),
                .init(
                    text: connection.stalled == true ? "yes" : "no", style: connection.stalled == true ? .bad : .faint),
                .init(text: connection.instance ?? "", style: .faint),
            ]
        }
        return Table(
            heading: [
                "CONNECTION", "HEALTH", "RUNNING", "DELIVERED", "FAILED", "ROUND TRIP", "MISSED PONGS", "SEEN", "UP",
                "RECONNECTS", "STALLED", "INSTANCE",
            ], rows: rows, flexible: 11)
    }
}

/// What happened to a connection.
enum ServiceChange {
    /// - Parameter type: as on the wire, `service_connected`.
    static func words(_ type: String, health: String?, reason: String?) -> Line.Span {
        let because = reason.map { ": \($0)" } ?? ""
        switch type {
        case ServiceEventAnswer.Kind.connected.rawValue: return .init(text: "connected" + because, style: .good)
        case ServiceEventAnswer.Kind.disconnected.rawValue:
            return .init(text: "disconnected" + because, style: .warning)
        default: return .init(text: (health ?? "changed") + because, style: style(health: health ?? ""))
        }
    }

    static func style(health: String) -> Style {
        switch health {
        case "healthy": .good
        case "unhealthy", "stalled": .bad
        case "connecting": .faint
        default: .warning
        }
    }
}
