import CoAPEngine

/// Who waits for what comes of an operation. Whoever resumes one takes it away first: a continuation is resumed once.
@safe
enum OperationWaiter {
    /// One response, whoever asked being suspended.
    case one(UnsafeContinuation<Result<ClientResponse, CoAPError>, Never>)
    /// Any number of responses, then the end.
    case many(ResponseBuffer)

    /// The operation is over without a further response.
    func finish(_ end: OperationEnd) {
        switch (self, CoAPError(end)) {
        // Whoever has the one response does not wait any more: complete without one is none.
        case (.one(let continuation), let error):
            unsafe continuation.resume(returning: .failure(error ?? .failed(.timeout)))
        case (.many(let buffer), nil), (.many(let buffer), .deadline): buffer.finish()
        case (.many(let buffer), let error?): buffer.finish(throwing: error)
        }
    }

    /// The operation was not begun.
    func refuse(_ refusal: ClientRefusal) {
        switch self {
        case .one(let continuation): unsafe continuation.resume(returning: .failure(.refused(refusal)))
        case .many(let buffer): buffer.finish(throwing: .refused(refusal))
        }
    }

    /// The endpoint is no more.
    func abandon() {
        switch self {
        case .one(let continuation): unsafe continuation.resume(returning: .failure(.shutDown))
        case .many(let buffer): buffer.finish(throwing: .shutDown)
        }
    }
}

extension CoAPError {
    /// The error that an end is; `nil` if all is well.
    init?(_ end: OperationEnd) {
        switch end {
        case .complete: return nil
        case .cancelled: self = .cancelled
        case .deadline: self = .deadline
        case .failed(let failure): self = .failed(failure)
        }
    }
}
