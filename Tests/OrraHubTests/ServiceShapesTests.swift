import OrraModel
import OrraPlanner
import Synchronization
import Testing

@testable import OrraHub

@Suite("Shapes of services that are kept")
struct ServiceShapesTests {
    private func service(_ field: String, version: Int) -> Service {
        let schema = JSONSchema(["type": "object", "properties": .object([field: ["type": "string"]])])
        return Service(
            id: ServiceID("s_1"), project: ProjectID("p_1"), kind: .tool, name: "echo", description: "",
            schema: ServiceSchema(input: schema, output: schema), version: version,
            registeredAt: Timestamp(milliseconds: 0))
    }

    @Test("a hash is made with them as without, and follows a registration")
    func hash() throws {
        let digests = Mutex(0)
        let shapes = ServiceShapes { bytes in
            digests.withLock { $0 += 1 }
            return HubPlanning.digest(bytes)
        }
        let plan = Plan(
            parameters: .emptyObject, tasks: [Plan.Task(id: TaskID(1), service: ServiceID("s_1"), input: [])])
        func hash(_ service: Service) -> String {
            let kept = PlanHash.of(plan, catalogue: [service], shape: shapes.shape, digest: HubPlanning.digest)
            #expect(kept == PlanHash.of(plan, catalogue: [service], digest: HubPlanning.digest))
            return kept
        }
        let first = hash(service("a", version: 1))
        #expect(digests.withLock { $0 } == 2, "of the input and of the output")
        #expect(hash(service("a", version: 1)) == first)
        #expect(digests.withLock { $0 } == 2, "no shape is made twice")
        #expect(hash(service("b", version: 2)) != first)
        #expect(digests.withLock { $0 } == 4)
    }
}
