import HTTPTypes
import Logging
import NIOCore
import OrraModel
import OrraProtocol
import OrraWebSocket

/// Keeps a component registered and connected, for as long as it runs.
struct HubLink: Sendable {
    let bench: Workbench
    let hub: HubAccess.Endpoint
    let registrar: Registrar
    let registration: RegistrationRequest
    let directory: DataDirectory
    let backoff: Backoff
    let logger: Logger

    /// Until the component has stopped, or is cancelled.
    ///
    /// - Throws: ``ComponentError`` when the hub refuses for good.
    func run() async throws {
        var service: ServiceID?
        var backoff = backoff
        var refusals = 0
        while await !bench.isFinished {
            do {
                let id = if let service { service } else { try await register() }
                service = id
                try await connect(id) {
                    backoff.reset()
                    refusals = 0
                }
            } catch WebSocketClientError.refused(let status, let body) where [401, 403, 404].contains(status) {
                let message = RegistrationVerdict.message(status: status, Array(body.utf8))
                logger.warning("connection refused", metadata: ["reason": "\(message)"])
                // A hub that has lost the service knows it again once it is registered; a wrong key stays wrong.
                refusals += 1
                guard refusals == 1 || status == 404 else {
                    throw ComponentError(.refused, "the hub refused the connection: \(message)")
                }
                service = nil
            } catch is CancellationError {
                return
            } catch let error as ComponentError {
                throw error
            } catch WebSocketClientError.refused(let status, let body) {
                let message = RegistrationVerdict.message(status: status, Array(body.utf8))
                logger.warning("connection refused", metadata: ["reason": "\(message)"])
            } catch {
                logger.warning("hub not reached", metadata: ["reason": "\(error)"])
            }
            if await bench.isFinished { return }
            guard (try? await Task.sleep(for: backoff.next(fraction: .random(in: 0..<1)))) != nil else { return }
        }
    }

    private func register() async throws -> ServiceID {
        var request = registration
        request.id = directory.identity()
        let answer = try await registrar.register(request)
        if answer.id != request.id { try directory.save(answer.id) }
        logger.info("registered", metadata: ["service": "\(answer.id)", "version": "\(answer.version)"])
        return answer.id
    }

    private func connect(_ service: ServiceID, whenOpen opened: () -> Void) async throws {
        let headers: HTTPFields = [.authorization: "Bearer \(hub.key)", .userAgent: SDKVersion.userAgent]
        var limits = WebSocketLimits()
        // An output and what undoes it go in one message.
        limits.maxMessageSize = Limits.serviceFrameBytes
        try await WebSocketClient.connect(
            url: hub.socket(service: service.rawValue), headers: headers, limits: limits, logger: logger
        ) { connection in
            opened()
            logger.info("connected", metadata: ["service": "\(service)"])
            await serve(connection, service)
            let close = await connection.closed
            logger.info(
                "disconnected",
                metadata: [
                    "code": "\(close?.code.map { "\($0.rawValue)" } ?? "none")", "reason": "\(close?.reason ?? "")",
                ])
        }
    }

    /// Until the connection ends.
    private func serve(_ connection: WebSocketConnection, _ service: ServiceID) async {
        let (calls, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await bench.connected(Workbench.Link(bell: bell) { await connection.close(code: .normal) })
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await send(calls, to: connection) }
            for await event in connection.inbound {
                guard case .text(let frame) = event else { continue }
                do {
                    guard let message = try HubMessage(frame: Array(frame.readableBytesView)) else { continue }
                    await bench.received(message, by: service)
                } catch {
                    logger.warning("a message of the hub was not understood", metadata: ["error": "\(error)"])
                }
            }
            group.cancelAll()
        }
        await bench.disconnected()
    }

    private func send(_ calls: AsyncStream<Void>, to connection: WebSocketConnection) async {
        do {
            for await _ in calls {
                while let frame = await bench.nextFrame() { try await connection.send(text: ByteBuffer(bytes: frame)) }
            }
        } catch {
            logger.debug("sending ended", metadata: ["error": "\(error)"])
            await connection.close(code: .internalError)  // no effect on one that is closed
        }
    }
}
