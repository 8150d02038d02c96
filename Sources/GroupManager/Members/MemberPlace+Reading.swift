import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives

// What members read (draft-ietf-ace-key-groupcomm-oscore §9). All of it goes on while a group is inactive (GM-0281).
extension MemberPlace {
    /// GET `/ace-group/GROUPNAME` and `nodes/NODENAME`.
    func keyDistribution(senderID: [UInt8]?) -> ResourceResponse {
        // GM-0159, GM-0160, GM-0207
        let expiration = group.record.expiration
        var distribution = KeyDistribution(
            key: group.keyMap(senderID: senderID), version: group.record.version, expiration: expiration,
            expiresIn: expiration > requester.now ? expiration - requester.now : 0,
            overlap: group.record.overlapLeft(at: requester.now))
        defer { distribution.key.wipe() }
        return .groupcomm(.content, distribution.encoded())
    }

    /// GET `…/policies`.
    func policies() throws(MemberRefusal) -> ResourceResponse {
        // GM-0264, GM-0268
        _ = try member()
        return .groupcomm(.content, PoliciesAnswer(policies: group.configuration.policies).encoded())
    }

    /// GET `…/num`.
    func version() throws(MemberRefusal) -> ResourceResponse {
        // GM-0269, GM-0270
        _ = try member()
        return .groupcomm(.content, VersionNumber.encode(group.record.version))
    }

    /// GET `…/active`.
    func active() throws(MemberRefusal) -> ResourceResponse {
        // GM-0275, GM-0276, GM-0373
        guard membership != nil else { throw .membersOnly }
        return ResourceResponse(.content, .cbor, ActiveStatus.encode(group.configuration.active))
    }

    /// FETCH `…/stale-sids`: who has left since the version that the member knows.
    func staleSenderIDs() throws(MemberRefusal) -> ResourceResponse {
        // GM-0250
        guard membership != nil else { throw .membersOnly }
        guard request.options.contentFormat == .cbor else { throw .contentFormat }
        // GM-0251, GM-0252
        guard let known = try? StaleSenderIDs.decodeRequest(request.payload.span), known < group.record.version else {
            throw .malformed
        }
        // GM-0253: without a payload it says that too much was missed.
        guard let senderIDs = group.staleSenderIDs(since: known) else { return ResourceResponse(.content) }
        return ResourceResponse(.content, .cbor, StaleSenderIDs.encodeAnswer(senderIDs))
    }

    /// GET and FETCH `…/creds`.
    func credentials() throws(MemberRefusal) -> Decision {
        // GM-0180
        guard membership != nil || isVerifier else { throw .membersOnly }
        if let tooEarlyBy { throw MemberRefusal(.tooManyRequests, retryAfter: tooEarlyBy) }
        var peers = group.peers
        if request.code == .fetch {
            guard request.options.contentFormat == .aceGroupcomm else { throw .contentFormat }
            // GM-0181 to GM-0183
            guard let asked = try? CredentialsRequest(decoding: request.payload.span) else { throw .malformed }
            let roles = membership.map { Roles(rawValue: $0.roles) } ?? []
            peers = group.peers(matching: asked.filter, askedWith: roles)
        }
        // GM-0189
        let payload =
            peers.isEmpty
            ? NothingFound.payload : CredentialsResponse(peers: peers, version: group.record.version).encoded()
        return Decision(
            .groupcomm(.content, payload),
            events: [.rosterRead(group: group.record.name, node: requester.name(in: group))])
    }

    /// GET `…/kdc-cred` for members, FETCH for verifiers.
    func managerCredential(random: inout some RandomNumberGenerator) throws(MemberRefusal) -> Decision {
        let nonce: [UInt8]
        var peer: PublicKey?
        if request.code == .get {
            // GM-0293, GM-0294
            guard let membership else { throw .membersOnly }
            if let tooEarlyBy { throw MemberRefusal(.tooManyRequests, retryAfter: tooEarlyBy) }
            nonce = membership.clientNonce
            peer = group.publicKey(of: membership, reader: settings.credentialReader)
        } else {
            // GM-0295
            guard isVerifier else { throw .verifiersOnly }
            if let tooEarlyBy { throw MemberRefusal(.tooManyRequests, retryAfter: tooEarlyBy) }
            // GM-0296
            guard group.configuration.groupMode != nil else { throw .noSignatures }
            guard request.options.contentFormat == .aceGroupcomm else { throw .contentFormat }
            guard let asked = try? ManagerCredentialRequest(decoding: request.payload.span) else { throw .malformed }
            nonce = asked.clientNonce
        }
        do {
            let answer = try ManagerProof(state: state, group: group).prove(
                clientNonce: nonce, peer: peer, random: &random)
            return Decision(.groupcomm(.content, answer.encoded()))
        } catch {
            throw MemberRefusal(.internalServerError)
        }
    }

    /// GET `…/verif-data`.
    func verificationData() throws(MemberRefusal) -> ResourceResponse {
        // GM-0283, GM-0284
        guard isVerifier else { throw .verifiersOnly }
        // GM-0285
        guard let groupMode = group.configuration.groupMode else { throw .noSignatures }
        let record = group.record
        guard let key = try? group.signatureEncryptionKey() else { throw MemberRefusal(.internalServerError) }
        let data = SignatureVerificationData(
            hkdf: group.configuration.hkdf, groupID: record.groupID,
            credentialFormat: group.configuration.credentialFormat, groupMode: groupMode,
            pairwise: group.configuration.pairwiseMode.map {
                SignatureVerificationData.PairwiseAlgorithms(aead: $0.aead, keyAgreement: $0.keyAgreement)
            },
            version: record.version, expiration: record.expiration,
            expiresIn: record.expiration > requester.now ? record.expiration - requester.now : 0,
            signatureEncryptionKey: key)
        return .groupcomm(.content, data.encoded())
    }
}
