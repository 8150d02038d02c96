import ACEGroupcomm
import CoAP
import OSCORE

/// The resources under `/ace-group`. They take a verified request and nothing else.
struct MemberResources: Sendable {
    let state: ManagerState
    let settings: ManagerSettings
    let caller: Caller

    func decide(_ verified: VerifiedRequest, random: inout some RandomNumberGenerator) -> Decision {
        let request = verified.message
        guard !hasUnknownCriticalOption(request.options) else { return refused(.badOption) }
        // GM-0365
        guard request.options.accept == nil || request.options.accept == .aceGroupcomm else {
            return refused(.notAcceptable)
        }
        let path = request.options.uriPath
        guard path.first == "ace-group", path.count > 1 else { return refused(.notFound) }
        switch (path.count, path.last) {
        case (2, _):
            guard request.code == .post else { return refused(.methodNotAllowed) }
            return JoinProcedure(
                state: state, settings: settings, caller: caller, groupName: path[1], request: request
            )
            .decide(random: &random)
        case (3, "creds"):
            // GM-0364
            guard request.code == .get || request.code == .fetch else { return refused(.methodNotAllowed) }
            return CredentialsProcedure(state: state, caller: caller, groupName: path[1], request: request).decide()
        default:
            return refused(.notFound)
        }
    }

    private func refused(_ code: Code) -> Decision {
        Decision(
            answer: Message(code: code),
            events: [.requestRefused(node: caller.invitation.nodeName, code: code.rawValue)])
    }

    private func hasUnknownCriticalOption(_ options: Options) -> Bool {
        var isFound = false
        options.forEach { number, _ in
            if number.isCritical, !Self.understood.contains(number) { isFound = true }
        }
        return isFound
    }

    private static let understood: Set<OptionNumber> = [.uriHost, .uriPort, .uriPath, .uriQuery, .accept, .oscore]
}
