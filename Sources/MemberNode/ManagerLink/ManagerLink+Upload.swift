import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import OSCORE

/// What this node put into an upload, and needs again for the answer.
struct OwnUploadValues {
    /// There may be another one by the time of the answer.
    let token: NodeTokenRecord
    let nonce1: [UInt8]
    let clientRecipientID: [UInt8]
}

extension ManagerLink {
    /// Shows the manager the token (RFC 9203 §4.1): fresh nonces, and with them fresh keys.
    func upload(at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [LinkEffect]) {
        guard let token else {
            requestToken(at: now, random: &random, effects: &effects)
            return
        }
        state = .uploading
        let own = OwnUploadValues(
            token: token, nonce1: random.bytes(Self.nonceCount), clientRecipientID: random.bytes(1))
        let payload = TokenUpload(
            token: [UInt8](copying: token.token.bytes), nonce1: own.nonce1, clientRecipientID: own.clientRecipientID,
            asksForSignInfo: true, asksForECDHInfo: true, asksForDHCredentials: true
        ).encoded()
        start(
            ClientRequest(.post(["authz-info"], .ace, payload), to: address), .upload(own), at: now, random: &random,
            effects: &effects)
    }

    /// Takes the answer to an upload; whether it is the manager's, only the next request shows.
    func takeUploadAnswer(
        _ response: Message, to own: OwnUploadValues, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [LinkEffect]
    ) {
        guard response.code == .created else {
            let isAboutToken = [.unauthorized, .badRequest, .forbidden].contains(response.code)
            uploadRefused(
                .unprotectedAnswer(response.code), wantsToken: isAboutToken, at: now, effects: &effects)
            return
        }
        do throws(JoinFailure) {
            try establish(response, own)
        } catch {
            uploadRefused(error, wantsToken: false, at: now, effects: &effects)
            return
        }
        guard own.token == token else {
            // Another one has come meanwhile.
            replaceAssociation(at: now, random: &random, effects: &effects)
            return
        }
        state = .established
        if invitationIsRefused {
            invitationIsRefused = false
            if !waiting.contains(.token) { waiting.append(.token) }
        }
        let questions = waiting
        waiting.removeAll()
        for question in questions { effects.append(.ready(question)) }
        if isForgotten { effects.append(.reestablished) }
        isForgotten = false
    }

    private func establish(_ response: Message, _ own: OwnUploadValues) throws(JoinFailure) {
        let token = own.token
        guard let answer = try? TokenUploadAnswer(decoding: response.payload.span),
            !answer.nonce2.isEmpty, answer.serverRecipientID != own.clientRecipientID,
            let senderID = SenderID(answer.serverRecipientID), let recipientID = SenderID(own.clientRecipientID),
            // Only who proves nothing needs no challenge.
            answer.kdcChallenge.map({ !$0.isEmpty }) ?? (wanted.roles == .monitor)
        else { throw .malformedAnswer }
        let told = try JoinTerms.read(answer, group: wanted.groupName)
        let salt = OSCOREInputMaterial.masterSalt(
            salt: token.salt, nonce1: own.nonce1.span, nonce2: answer.nonce2.span)
        do {
            endpoint.protection.contexts[ManagerProtection.manager] = try SecurityContext(
                masterSecret: token.masterSecret.bytes, masterSalt: salt.span, idContext: token.idContext,
                senderID: senderID, recipientID: recipientID, algorithm: AEADAlgorithm(rawValue: token.algorithm),
                hkdf: HKDFAlgorithm(rawValue: token.hkdf),
                // Nobody else has these keys, and this process forgets them.
                reservation: .withoutRestart, replayWindow: ReplayWindow())
        } catch {
            throw .unsupportedGroup
        }
        kdcChallenge = answer.kdcChallenge ?? []
        terms = told
    }

    private static let nonceCount = 8
}
