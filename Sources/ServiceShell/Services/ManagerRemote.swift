public import ACEGroupcomm
import Persistence

/// Speaks to the manager that runs in a state directory.
public enum ManagerRemote: Sendable {
    /// Sends one request of the administrator and waits for the answer, whatever its code.
    public static func request(_ request: AdminRequest, stateDirectory: String) throws(ServiceError) -> AdminResponse {
        let answer: [UInt8]
        do throws(ControlSocketError) {
            answer = try ControlClient.exchange(request.encoded(), stateDirectory: stateDirectory)
        } catch .notRunning(let path) {
            try requireManager(in: stateDirectory)
            throw ServiceError(
                .unreachable, "no manager is running in \(path)",
                hint: "start it with 'gosc manager run', or name its directory with --state")
        } catch {
            // A node ends the connection: it does not know what it is asked.
            try requireManager(in: stateDirectory)
            throw ServiceError(error)
        }
        guard let response = try? AdminResponse(decoding: answer.span) else {
            throw ServiceError(.internalFault, "the manager in \(stateDirectory) gave no valid answer")
        }
        return response
    }

    /// - Throws: If it is somebody else's.
    private static func requireManager(in stateDirectory: String) throws(ServiceError) {
        guard let role = try? StoreRole.found(in: stateDirectory), role != .manager else { return }
        throw ServiceError(
            StoreError.wrongRole(path: stateDirectory, found: role.rawValue, expected: .manager))
    }
}
