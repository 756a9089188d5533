import OrraModel
import OrraStore

extension Scenario {
    /// The project, its webhook and its services, as registered before time begins.
    var firstWrites: [Write] {
        let project = Simulation.project
        let webhook = Webhook(
            id: WebhookID("w_sim"), project: project.id, url: "http://localhost/project", purpose: .outcomes,
            secret: "",
            createdAt: project.createdAt)
        let failures = Webhook(
            id: WebhookID("w_undo"), project: project.id, url: "http://localhost/undo", purpose: .compensationFailures,
            secret: "", createdAt: project.createdAt)
        return [
            .project(project), .apiKey(hash: "hash", project: project.id, createdAt: project.createdAt),
            .webhook(webhook), .webhook(failures),
        ] + services.map { .service($0.service(of: project)) }
    }
}

extension Scenario.Submission {
    /// The number of the one that is sent when all is at rest.
    static let probe = 1_000
}

extension Scenario {
    /// One task after another, one for each service.
    var probe: Submission {
        let tasks = services.enumerated().map { index, service in
            Plan.Task(
                id: TaskID(index + 1), service: service.id,
                input: [.init(field: "a", source: TaskID(index), sourceField: "text")])
        }
        return Submission(
            number: Submission.probe, plan: Plan(parameters: RawJSON(["text": "probe"]), tasks: tasks), timeout: 30_000,
            gracePeriod: 60_000, hasWebhook: true, isRefused: false, key: "probe")
    }
}

extension Scenario.ServicePlan {
    func service(of project: Project) -> Service {
        let text: JSONValue = ["type": "string"]
        let input: JSONValue = [
            "type": "object", "properties": ["a": text, "b": text, "c": text], "required": ["a"],
        ]
        return Service(
            id: id, project: project.id, kind: .service, name: name, description: "says",
            schema: ServiceSchema(
                input: JSONSchema(input), output: JSONSchema(["type": "object", "properties": ["text": text]])),
            revertible: revertible,
            retry: RetryPolicy(maximumAttempts: attempts, initialInterval: .milliseconds(200), jitter: 0.5),
            registeredAt: project.createdAt)
    }
}
