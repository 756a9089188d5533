import OrraModel
import OrraPlanner
import Testing

@Suite("The product's own cases")
struct ProductCaseTests {
    private let set: ProductCases

    init() throws { set = try ProductCases.load() }

    @Test("There are 100 actions over 30 services in five domains, and at least 20 can't be done")
    func size() {
        #expect(set.services.count == 30)
        #expect(Set(set.services.map(\.name)).count == 30)
        #expect(set.cases.count == 100)
        #expect(Set(set.cases.map(\.id)).count == 100)
        #expect(Set(set.cases.map(\.domain)).count == 5)
        #expect(set.cases.filter { !$0.isActionable }.count >= 20)
    }

    @Test("Every service could register, and serves a case")
    func services() {
        let used = Set(set.cases.flatMap { $0.expected.map(\.service) })
        for service in set.services {
            #expect(ServiceName.check(service.name) == nil, "\(service.name)")
            #expect(SchemaDeclaration.check(service.schema).isEmpty, "\(service.name)")
            #expect(Limits.descriptionCharacters.contains(service.description.count), "\(service.name)")
            for name in service.requires { #expect(set.service(name) != nil, "\(service.name) requires \(name)") }
            #expect(used.contains(service.name), "\(service.name)")
        }
        #expect(set.services.filter(\.approval).count == 2)
    }

    @Test("Every label names services that exist, in a graph without cycles")
    func labels() {
        for item in set.cases {
            #expect(item.isActionable == !item.expected.isEmpty, "\(item.id)")
            #expect(Limits.actionCharacters.contains(item.action.count), "\(item.id)")
            #expect(Set(item.expected.map(\.id)).count == item.expected.count, "\(item.id)")
            for (number, task) in item.expected.enumerated() {
                #expect(set.service(task.service) != nil, "\(item.id) expects \(task.service)")
                // Only tasks above it: so there is no cycle.
                let above = Set(item.expected[..<number].map(\.id))
                #expect(task.dependencies.allSatisfy(above.contains), "\(item.id), \(task.id)")
            }
        }
    }

    @Test("Every label can run: what a task needs is a parameter, a value of the text, or an output it depends on")
    func labelsCanRun() {
        for item in set.cases {
            for task in item.expected {
                guard let schema = set.service(task.service)?.schema.input else { continue }
                let open = schema.required.filter { item.parameters[$0] == nil && task.values[$0] == nil }
                #expect(open.isEmpty || !task.dependencies.isEmpty, "\(item.id), \(task.service): \(open)")
                #expect(open.isEmpty || !outputs(of: task, in: item).isEmpty, "\(item.id), \(task.service)")
            }
        }
    }

    @Test("Every dependency has a use: what the task takes is not all given without it")
    func dependenciesAreUsed() {
        for item in set.cases {
            for task in item.expected where !task.dependencies.isEmpty {
                guard let schema = set.service(task.service)?.schema.input else { continue }
                let open = schema.properties.filter { item.parameters[$0.name] == nil && task.values[$0.name] == nil }
                #expect(open.count >= task.dependencies.count, "\(item.id), \(task.service)")
            }
        }
    }

    @Test("Every value of a label stands in the text and suits its field")
    func values() {
        for item in set.cases {
            for task in item.expected {
                for member in task.values.members {
                    let field = set.service(task.service)?.schema.input.property(member.key)
                    #expect(ProductCases.isGiven(member.value, in: item), "\(item.id): \(member.value.text)")
                    #expect(field?.validate(member.value).isEmpty == true, "\(item.id), \(task.service).\(member.key)")
                }
            }
        }
    }

    @Test("A case that can't be done is labelled so in every domain")
    func impossible() {
        for domain in Set(set.cases.map(\.domain)).sorted() {
            #expect(set.cases.contains { $0.domain == domain && !$0.isActionable }, "\(domain)")
            #expect(set.cases.contains { $0.domain == domain && $0.expected.count >= 4 }, "\(domain)")
        }
    }

    private func outputs(of task: ProductCases.Case.Task, in item: ProductCases.Case) -> [String] {
        item.expected.filter { task.dependencies.contains($0.id) }
            .flatMap { set.service($0.service)?.schema.output.properties.map(\.name) ?? [] }
    }
}
