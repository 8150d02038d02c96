import ACEGroupcomm
import CoAP
import CoAPEngine
import CryptoPrimitives

extension JoinProcedure {
    /// What a refused joiner is told: never more than it needs to do better.
    func refused(_ refusal: JoinRefusal, random: inout some RandomNumberGenerator) -> Decision {
        var challenge: [UInt8]?
        var writes: [ManagerWrite] = []
        if refusal == .challengeMissing {
            // GM-0066
            let fresh = random.bytes(8)
            challenge = fresh
            writes = [.challengeClient(recipientID: requester.client.recipientID, kdcChallenge: fresh)]
        }
        if refusal == .noSenderID { writes += group.makingRoom(at: requester.now) }
        let answer =
            switch refusal {
            case .contentFormat: ResourceResponse(.unsupportedContentFormat)
            // GM-0100, GM-0101
            case .empty, .malformed, .scopeMismatch, .rolesNotPossible, .controlURI, .credentialMissing,
                .challengeMissing:
                group.information(challenge: challenge)
            case .groupInactive, .rolesNotGranted, .noSenderID, .senderIDsUsedUp, .credentialIncompatible,
                .evidenceInvalid, .internalFault:
                refusal.memberRefusal.answer
            }
        return Decision(
            answer, writes: writes,
            events: [
                .joinRefused(group: group.record.name, node: requester.name(in: group), reason: refusal)
            ])
    }
}

extension GroupState {
    /// The 4.00 that says which algorithms and which credential format the group uses.
    func information(challenge: [UInt8]?) -> ResourceResponse {
        let information = JoinErrorInformation(
            signature: signInfo, keyAgreement: ecdhInfo, dhCredential: dhCredential, kdcChallenge: challenge)
        return .groupcomm(.badRequest, information.encoded())
    }
}

extension JoinRefusal {
    /// What is said of it with problem details, if with anything.
    var memberRefusal: MemberRefusal {
        switch self {
        // GM-0098
        case .groupInactive: .inactive
        case .rolesNotGranted: MemberRefusal(.forbidden, detail: "the token does not grant these roles")
        // GM-0099
        case .noSenderID: .noSenderID
        // GM-0351, GM-0367
        case .senderIDsUsedUp(let retryAfter):
            MemberRefusal(
                .serviceUnavailable, .noIndividualKeyingMaterial, detail: "too many Sender IDs for this client",
                retryAfter: retryAfter)
        // GM-0140
        case .credentialIncompatible(let refusal):
            MemberRefusal(
                .badRequest, .incompatibleCredential,
                detail: "the credential does not fit the group: it \(refusal.explanation)")
        // GM-0137
        case .evidenceInvalid:
            MemberRefusal(.badRequest, .invalidEvidence, detail: "the proof of possession does not verify")
        // GM-0369
        case .internalFault: MemberRefusal(.internalServerError)
        case .empty, .contentFormat, .malformed, .scopeMismatch, .rolesNotPossible, .controlURI, .credentialMissing,
            .challengeMissing:
            .malformed
        }
    }
}
