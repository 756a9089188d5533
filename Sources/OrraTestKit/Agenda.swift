import HeapModule

/// What is to happen and when, in virtual time: by time, then in the order in which it was added.
struct Agenda<Event> {
    private struct Entry: Comparable {
        var at: Int64
        var order: Int
        var event: Event
        static func < (left: Entry, right: Entry) -> Bool { (left.at, left.order) < (right.at, right.order) }
        static func == (left: Entry, right: Entry) -> Bool { left.order == right.order }
    }

    private var heap = Heap<Entry>()
    private var order = 0

    var count: Int { heap.count }

    mutating func add(_ event: Event, at time: Int64) {
        order += 1
        heap.insert(Entry(at: time, order: order, event: event))
    }

    mutating func next() -> (at: Int64, event: Event)? { heap.popMin().map { ($0.at, $0.event) } }
}
