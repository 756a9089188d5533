public import Logging
import OrraModel

/// Something that an action may call on: what it takes, what it gives, and the handler that does the work. See
/// ``Service``, ``Tool`` and ``Agent``, which differ only in how the hub lists them.
///
/// ```swift
/// struct Order: Codable { var orderId: String; var amount: Double }
/// struct Payment: Codable { var paymentStatus: String }
///
/// let payment = try Service("payment-service", "Charges the customer for an order.") { (order: Order, task) in
///     try await task.progress(["charged": 0])
///     return Payment(paymentStatus: "confirmed")
/// }
/// try await payment.run()
/// ```
///
/// **Once or more than once.** The hub repeats a task until it has an answer. Every delivery of one task has the same
/// ``TaskContext/idempotencyKey``, and while this process lives, and after a restart with the same data directory, a
/// task that was completed or aborted is answered again without running the handler. What remains possible: a process
/// that dies after the handler's effect and before its answer is on disk runs the handler again, with the same key. A
/// handler whose effect must not happen twice hands that key to whatever it calls, or looks it up there first.
///
/// **To undo.** With a second closure the component is revertible: when the action fails for good, is aborted or
/// cancelled, the hub has its completed tasks undone, the newest first. The closure gets what the task took and gave.
///
/// ```swift
/// let inventory = try Tool("inventory-tool", "Reserves the items of an order.") { (order: Order, task) in
///     try await warehouse.reserve(order)
/// } onRevert: { order, reservation, revert in
///     try await warehouse.release(reservation)
/// }
/// ```
public struct Component<Role: ComponentRole>: Sendable {
    /// How actions and other services know it: 3 to 63 of `[a-z0-9.-]`, a letter or digit first and last.
    public let name: String
    /// What it does, in words that a planner can choose by.
    public let description: String
    public let input: Schema
    public let output: Schema
    /// Handlers that run at the same time; further tasks wait in the order of their arrival.
    public let concurrency: Int
    public let options: ComponentOptions

    let hub: HubAccess.Endpoint
    let logger: Logger
    let handler: TaskHandler
    let reverting: Reverting?
    let stopSwitch = StopSwitch()

    /// Describes a component; ``run()`` connects it.
    ///
    /// - Parameters:
    ///   - name: 3 to 63 of `[a-z0-9.-]`, a letter or digit first and last. The hub tells components by it.
    ///   - description: what it does, in words that a planner can choose by; 1 to 4096 characters.
    ///   - hub: default: `ORRA_URL` and `ORRA_API_KEY` of the environment.
    ///   - concurrency: handlers that run at the same time, 1 to 1024.
    ///   - input: default: derived from `Input`, see ``Schema/init(of:)``.
    ///   - output: default: derived from `Output`.
    ///   - logger: default: one labelled `orra.` and the name. It gets neither keys nor payloads.
    ///   - handler: does one task. What it throws is the task's error, which the hub may answer with another attempt.
    ///   - onRevert: undoes a task that was completed, see ``RevertContext``. Without it what is done stays done.
    /// - Throws: ``ComponentError`` for an address, name, number or schema that the hub would refuse.
    public init<Input: Decodable & SendableMetatype, Output: Codable & SendableMetatype>(
        _ name: String, _ description: String, at hub: HubAccess = .environment, concurrency: Int = 16,
        input: Schema? = nil, output: Schema? = nil, options: ComponentOptions = ComponentOptions(),
        logger: Logger? = nil, handler: @escaping @Sendable (Input, TaskContext) async throws -> Output,
        onRevert: (@Sendable (Input, Output, RevertContext) async throws -> Void)? = nil
    ) throws {
        if let fault = ServiceName.check(name) { throw ComponentError(.invalidComponent, "the name \(fault)") }
        guard Limits.descriptionCharacters.contains(description.count) else {
            throw ComponentError(.invalidComponent, "the description must have 1 to 4096 characters")
        }
        guard (1...Limits.maximumCredit).contains(concurrency) else {
            throw ComponentError(.invalidComponent, "concurrency must be 1 to \(Limits.maximumCredit)")
        }
        if let ttl = options.revertTTL, !Limits.compensationTTLRange.contains(ttl) {
            throw ComponentError(.invalidComponent, "revertTTL must be 1 ms to 365 days")
        }
        self.name = name
        self.description = description
        self.input = try input ?? Schema(of: Input.self)
        self.output = try output ?? Schema(of: Output.self)
        self.concurrency = concurrency
        self.options = options
        self.hub = try hub.endpoint()
        self.logger = logger ?? Logger(label: "orra.\(name)")
        let reverting = onRevert.map { Reverting(ttl: options.revertTTL, $0) }
        self.reverting = reverting
        self.handler = { raw, task in
            let input = try PayloadCoding.decode(Input.self, from: raw)
            let output = try PayloadCoding.encode(try await handler(input, task), as: "output")
            if reverting != nil { try Reverting.check(raw, output) }
            return output
        }
        let declared = ServiceSchema(input: self.input.schema, output: self.output.schema)
        if let violation = SchemaDeclaration.check(declared).first {
            throw ComponentError(.invalidSchema, "\(violation.path) \(violation.reason)")
        }
    }
}

/// Decodes an input, runs the user's code, encodes its output.
typealias TaskHandler = @Sendable (RawJSON, TaskContext) async throws -> RawJSON

/// A component that does a piece of a business: charges, books, ships.
public typealias Service = Component<ServiceRole>
/// A component that looks something up or computes it.
public typealias Tool = Component<ToolRole>
/// A component that decides on its way, with a language model for example.
public typealias Agent = Component<AgentRole>

/// As what the hub lists a component.
public protocol ComponentRole: Sendable {
    /// The word in the route of its registration: `/register/service`.
    static var name: String { get }
}

public enum ServiceRole: ComponentRole { public static let name = ServiceKind.service.rawValue }
public enum ToolRole: ComponentRole { public static let name = ServiceKind.tool.rawValue }
public enum AgentRole: ComponentRole { public static let name = ServiceKind.agent.rawValue }
