import OrraModel
import OrraPlanner

/// How long planning takes, on the cases' own catalogues and on large ones made of them.
struct Timing {
    let pack: CasePack

    var text: String {
        var text = "\n" + Console.left("time per plan", 36)
        text += Console.right("p50 ms", 9) + Console.right("p99 ms", 9) + Console.right("index ms", 9) + "   target\n"
        for (name, services) in pack.catalogues where services.count > 1 {
            text += line(
                "  \(name), \(services.count) services", services, pack.cases.filter { $0.catalogue == name }, "")
        }
        for (count, target) in [(60, "at most 0.1"), (400, "at most 0.4"), (4_000, "at most 3")] {
            text += line("\(count) services", combined(count), pack.cases, target)
        }
        return text
    }

    private func line(_ name: String, _ services: [Service], _ cases: [CasePack.Case], _ target: String) -> String {
        let clock = ContinuousClock()
        var index = CatalogueIndex([])
        let building = clock.measure { index = CatalogueIndex(services) }
        let planner = OfflinePlanner(index: index)
        var times: [Double] = []
        var tasks = 0
        for round in 0..<4 {
            for item in cases {
                let time = clock.measure {
                    tasks += planner.plan(action: item.action, parameters: item.parameters).graph.count
                }
                if round > 0 { times.append(Self.milliseconds(time)) }
            }
        }
        times.sort()
        func quantile(_ share: Double) -> Double {
            times.isEmpty ? 0 : times[min(times.count - 1, Int(share * Double(times.count)))]
        }
        return Console.left(name, 36) + Console.number(quantile(0.5), 3, width: 9)
            + Console.number(quantile(0.99), 3, width: 9)
            + Console.number(Self.milliseconds(building), 1, width: 9) + "   \(target)\n"
    }

    private static func milliseconds(_ duration: Duration) -> Double {
        Double(duration.components.attoseconds) / 1e15 + Double(duration.components.seconds) * 1_000
    }

    /// Services of all catalogues in turn; copies beyond that have a word more in name and description.
    private func combined(_ count: Int) -> [Service] {
        let lists = pack.catalogues.map(\.services).filter { $0.count > 1 }
        var all: [Service] = []
        var place = 0
        while all.count < lists.reduce(0, { $0 + $1.count }) {
            for list in lists where place < list.count { all.append(list[place]) }
            place += 1
        }
        let words = [
            "north", "south", "east", "west", "green", "amber", "violet", "silver", "copper", "marble", "cedar",
        ]
        return (0..<count).map { number in
            var service = all[number % all.count]
            service.id = ServiceID("s_\(number)")
            let copy = number / all.count
            guard copy > 0 else { return service }
            service.name += " \(words[copy % words.count])\(copy)"
            service.description += " For the \(words[(copy + 3) % words.count]) region."
            return service
        }
    }
}
