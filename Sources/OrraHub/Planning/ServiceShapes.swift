import OrraModel
import OrraPlanner
import Synchronization

/// Shapes of services as they were made last: every plan's hash needs them, and they change with a registration only.
final class ServiceShapes: Sendable {
    private struct Known {
        var version: Int
        var shape: PinnedPlan.Shape
    }

    private let digest: @Sendable ([UInt8]) -> String
    private let known = Mutex<[ServiceID: Known]>([:])

    /// More than that, and all are made anew: 64 projects of many services.
    private static let limit = 64 * 1_024

    /// `digest`: SHA-256 in hexadecimal digits.
    init(digest: @escaping @Sendable ([UInt8]) -> String) { self.digest = digest }

    func shape(of service: Service) -> PinnedPlan.Shape {
        let known = self.known.withLock { $0[service.id] }
        if let known, known.version == service.version { return known.shape }
        let shape = PinnedPlan.Shape(service, digest: digest)
        self.known.withLock {
            if $0.count >= Self.limit { $0 = [:] }
            $0[service.id] = Known(version: service.version, shape: shape)
        }
        return shape
    }
}
