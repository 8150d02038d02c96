import ACEGroupcomm
import COSE
import CoAP

extension JoinProcedure {
    /// What a refused joiner is told: never more than it needs to do better.
    func refusalAnswer(_ refusal: JoinRefusal) -> Message {
        switch refusal {
        case .wrongGroup: .problem(.forbidden, detail: "the invitation is not for this group")
        case .invitationUsed: .problem(.forbidden, detail: "invitation already used")
        case .invitationExpired: .problem(.forbidden, detail: "invitation expired")
        case .groupUnknown: .problem(.notFound, .groupDeleted, detail: "the group does not exist any more")
        // GM-0098, GM-0367
        case .groupInactive: .problem(.serviceUnavailable, .groupInactive, detail: "the group is not active")
        case .alreadyJoined:
            .problem(.badRequest, detail: "this node has joined already, with a different request")
        case .contentFormat: .problem(.unsupportedContentFormat, detail: "Content-Format 261 is needed")
        // GM-0100, GM-0101
        case .empty, .malformed, .scopeMismatch, .rolesNotPossible, .controlURI, .credentialMissing: information
        case .rolesNotGranted: .problem(.forbidden, detail: "the invitation does not grant these roles")
        case .noSenderID:
            .problem(.serviceUnavailable, .noIndividualKeyingMaterial, detail: "no Sender ID is left")
        case .credentialIncompatible(let refusal):
            .problem(
                .badRequest, .incompatibleCredential,
                detail: "the credential does not fit the group: it \(refusal.explanation)")
        // GM-0137
        case .evidenceInvalid:
            .problem(.badRequest, .invalidEvidence, detail: "the proof of possession does not verify")
        // GM-0369
        case .internalFault: .problem(.internalServerError, detail: "the manager could not compute its answer")
        }
    }

    /// The 4.00 that says which algorithms and which credential format the group uses.
    private var information: Message {
        guard let group = state.groups[groupName] else { return Message(code: .badRequest) }
        let format = group.configuration.credentialFormat
        let information = JoinErrorInformation(
            signature: group.configuration.groupMode.map {
                GroupParameters(
                    groupName: groupName, algorithm: $0.signature.rawValue, parameters: $0.signatureParameters,
                    credentialFormat: format)
            },
            keyAgreement: group.configuration.pairwiseMode.map {
                GroupParameters(
                    groupName: groupName, algorithm: $0.keyAgreement.rawValue, parameters: $0.keyAgreementParameters,
                    credentialFormat: format)
            },
            kdcChallenge: nil)
        return .groupcomm(.badRequest, information.encoded())
    }
}
