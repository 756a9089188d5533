import HTTPTypes
import Hummingbird
import Logging
import OrraCore
import OrraModel
import OrraProtocol

/// Every answer carries the hub's version; every error has the one form.
struct AnswerForm: RouterMiddleware {
    let version: String

    func handle(
        _ request: Hummingbird.Request, context: HubContext,
        next: @concurrent (Hummingbird.Request, HubContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as APIError {
            response = error.response
        } catch let error as HTTPError where error.status == .notFound {
            response = APIError(.notFound, .unknownRoute, "there is no such route; docs/api.md lists them").response
        } catch let error as HTTPError {
            response =
                APIError(.validation, .invalidRequest, error.body ?? "the request could not be read").response
            response.status = error.status
        } catch {
            context.logger.error("a request failed", metadata: ["error": "\(String(reflecting: type(of: error)))"])
            response = APIError(.internalError, .internalError, "the hub failed; its log says more").response
        }
        response.headers[.orraVersion] = version
        return response
    }
}

/// Finds the project of the request's key.
struct Authentication: RouterMiddleware {
    let loop: HubLoop

    func handle(
        _ request: Hummingbird.Request, context: HubContext,
        next: @concurrent (Hummingbird.Request, HubContext) async throws -> Response
    ) async throws -> Response {
        guard let key = APIKey(authorization: request.headers[.authorization]),
            let project = loop.directory.project(keyHash: key.hash)
        else { throw APIError.invalidKey }
        var context = context
        context.project = project
        return try await next(request, context)
    }
}

extension HTTPField.Name {
    /// Spelt so: clients read it.
    static let orraVersion = HTTPField.Name("X-Orra-PlaneEngine-Version") ?? .server
}
