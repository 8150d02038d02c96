import MemberNode

/// What a running node says of having left, or not.
struct LeaveUpdate: Codable, Sendable {
    /// Why not; `nil` if it has left.
    var message: String?
    var exitCode: Int32?

    init(_ result: Result<LeaveReason, JoinFailure>) {
        guard case .failure(let failure) = result else { return }
        let error = ServiceError(leaving: failure)
        message = error.description
        exitCode = error.exitCode.rawValue
    }
}
