import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import OSCORE

/// POST `/authz-info` without protection (RFC 9203 §4.1, draft-ietf-ace-key-groupcomm-oscore §5.3): a token becomes a
/// candidate for an association.
struct TokenUploadProcedure {
    let acceptance: TokenAcceptance
    let request: ResourceRequest<UnprotectedRequest>

    /// The candidate, and what its client is told.
    struct Outcome {
        let record: ClientRecord
        let association: LiveAssociation
        let answer: TokenUploadAnswer
    }

    func upload(
        isFreshNonce: (([UInt8]?) -> Bool)?, isTaken: ([UInt8]) -> Bool, mayCome: ([UInt8]) -> Bool,
        ownerOfMaterial: ([UInt8]) -> ClientIdentity?, random: inout some RandomNumberGenerator
    ) throws(UploadRefusal) -> Outcome {
        // GM-0032
        guard request.options.contentFormat == .ace else { throw .contentFormat }
        let upload: TokenUpload
        do {
            upload = try TokenUpload(decoding: request.payload.span)
        } catch {
            throw .malformed
        }
        // GM-0033
        guard let nonce1 = upload.nonce1, let senderID = upload.clientRecipientID else { throw .malformed }
        let accepted = try acceptance.accept(upload.token, isFreshNonce: isFreshNonce)
        // Only input material makes a new association: what is called by its name alone is over one that there is.
        guard case .inputMaterial(let material) = accepted.confirmation else { throw .otherKey }
        // GM-0024
        if let owner = ownerOfMaterial(material.id), owner != accepted.client { throw .materialTaken }
        guard mayCome(material.id) else { throw .unproven }
        // GM-0035
        let nonce2 = random.bytes(8)
        let salt = OSCOREInputMaterial.masterSalt(salt: material.salt, nonce1: nonce1.span, nonce2: nonce2.span)
        let record = ClientRecord(
            recipientID: unusedRecipientID(except: senderID, isTaken: isTaken, random: &random), senderID: senderID,
            client: accepted.client, inputMaterialID: material.id,
            masterSecret: SecretField(copying: material.masterSecret.span),
            // GM-0036; a copy has no room for more.
            masterSalt: [UInt8](copying: salt.span),
            idContext: material.contextID,
            algorithm: (material.algorithm ?? .aesCCM_16_64_128).rawValue,
            hkdf: (material.hkdf ?? .hkdfSHA256).rawValue, tokenID: accepted.tokenID, scope: accepted.scope,
            expiry: accepted.expiry,
            // GM-0057, GM-0063
            kdcChallenge: random.bytes(8), replayWindow: .unused,
            reservedSequenceEnd: 0)
        guard let keys = AssociationKeys(record),
            let association = try? LiveAssociation(
                .client(record.recipientID), keys: keys, progress: nil, isDurable: false)
        else { throw .unsupported }
        return Outcome(record: record, association: association, answer: answer(record, upload, nonce2: nonce2))
    }

    /// GM-0034, GM-0037: three bytes are short, none of an invitation, and enough for all clients of a manager.
    private func unusedRecipientID(
        except senderID: [UInt8], isTaken: ([UInt8]) -> Bool, random: inout some RandomNumberGenerator
    ) -> [UInt8] {
        while true {
            let candidate = random.bytes(3)
            if candidate != senderID, !isTaken(candidate) { return candidate }
        }
    }

    // GM-0047 to GM-0056: of groups that the token names, and of no others.
    private func answer(_ record: ClientRecord, _ upload: TokenUpload, nonce2: [UInt8]) -> TokenUploadAnswer {
        var answer = TokenUploadAnswer(
            nonce2: nonce2, serverRecipientID: record.recipientID, kdcChallenge: record.kdcChallenge)
        let scope = try? AuthorizationScope(decoding: record.scope.span)
        let groups = (scope?.entries ?? []).compactMap { entry -> GroupState? in
            guard case .user(let user) = entry else { return nil }
            return acceptance.state.groups[user.groupName]
        }
        if upload.asksForSignInfo { answer.signInfo = nonEmpty(groups.compactMap(\.signInfo)) }
        if upload.asksForECDHInfo { answer.ecdhInfo = nonEmpty(groups.compactMap(\.ecdhInfo)) }
        if upload.asksForDHCredentials { answer.dhCredentials = nonEmpty(groups.compactMap(\.dhCredential)) }
        return answer
    }

    private func nonEmpty<Element>(_ elements: [Element]) -> [Element]? { elements.isEmpty ? nil : elements }
}

extension GroupState {
    /// An element of `sign_info`; `nil` for a pairwise-only group.
    var signInfo: GroupParameters? {
        configuration.groupMode.map {
            GroupParameters(
                groupName: record.name, algorithm: $0.signature.rawValue, parameters: $0.signatureParameters,
                credentialFormat: configuration.credentialFormat)
        }
    }

    /// An element of `ecdh_info`; `nil` for a signature-only group.
    var ecdhInfo: GroupParameters? {
        configuration.pairwiseMode.map {
            GroupParameters(
                groupName: record.name, algorithm: $0.keyAgreement.rawValue, parameters: $0.keyAgreementParameters,
                credentialFormat: configuration.credentialFormat)
        }
    }

    /// An element of `kdc_dh_creds`; `nil` but for a pairwise-only group.
    var dhCredential: GroupDHCredential? {
        guard configuration.groupMode == nil, let credential else { return nil }
        return GroupDHCredential(
            groupNames: [record.name], credentialFormat: configuration.credentialFormat,
            credential: credential.credential)
    }
}
