/// What a test waits for: things put in from anywhere, taken out in order, with a deadline.
actor Mailbox<Thing: Sendable> {
    private var things: [Thing] = []
    private var arrivals: AsyncStream<Void>.Continuation?

    func put(_ thing: Thing) {
        things.append(thing)
        arrivals?.yield()
    }

    /// Throws when nothing comes within 20 seconds: a test that hangs says where.
    func next(_ what: String = "\(Thing.self)") async throws -> Thing {
        let (stream, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        arrivals = bell
        bell.yield()
        return try await withThrowingTaskGroup(of: Thing?.self) { group in
            group.addTask {
                for await _ in stream {
                    if let thing = await self.take() { return thing }
                }
                return nil
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(20))
                return nil
            }
            defer { group.cancelAll() }
            guard let thing = try await group.next() ?? nil else { throw NothingCame(what: what) }
            return thing
        }
    }

    var isEmpty: Bool { things.isEmpty }
    private func take() -> Thing? { things.isEmpty ? nil : things.removeFirst() }
}

struct NothingCame: Error { let what: String }
