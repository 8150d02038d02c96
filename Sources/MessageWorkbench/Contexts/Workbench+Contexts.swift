import COSE
import CryptoPrimitives
import GroupOSCORE
import OSCORE

extension Workbench {
    /// The context of a pair, kept for the next lines.
    func context(_ input: PairContextInput) throws(WorkbenchFailure) -> SecurityContext {
        try pairs.context(for: input) { () throws(WorkbenchFailure) in try Self.makeContext(input) }
    }

    static func makeContext(_ input: PairContextInput) throws(WorkbenchFailure) -> SecurityContext {
        do throws(ContextError) {
            return try SecurityContext(
                masterSecret: input.masterSecret.span, masterSalt: input.masterSalt.span, idContext: input.idContext,
                senderID: input.senderID, recipientID: input.recipientID,
                algorithm: AEADAlgorithm(rawValue: input.aead),
                hkdf: HKDFAlgorithm(rawValue: input.hkdf), reservation: SequenceReservation(resumingAt: 0),
                replayWindow: ReplayWindow())
        } catch {
            throw WorkbenchFailure(error)
        }
    }

    /// The context of one member, kept for the next lines.
    ///
    /// - Parameter needsPrivateKey: Whether the member signs, or derives pairwise keys.
    func bench(
        _ input: GroupContextInput, me: SenderID?, needsPrivateKey: Bool
    ) throws(WorkbenchFailure) -> GroupBench {
        guard me != nil || !needsPrivateKey else {
            throw WorkbenchFailure(.field, "\"me\" is missing: which member does this")
        }
        let member = me.flatMap { input.member($0) }
        guard me == nil || member != nil else {
            throw WorkbenchFailure(.context, "\"me\" is none of \"context.members\"")
        }
        guard member?.privateKey != nil || !needsPrivateKey else {
            throw WorkbenchFailure(.context, "\"me\" needs its \"private_key\" in \"context.members\" for this")
        }
        let context = try groups.context(for: GroupKey(input: input, me: me)) { () throws(WorkbenchFailure) in
            try Self.makeContext(input, member: member, credentials)
        }
        return GroupBench(input: input, me: member, context: context, credentials: credentials)
    }

    static func makeContext(
        _ input: GroupContextInput, member: GroupContextInput.Member?, _ credentials: CredentialReader
    ) throws(WorkbenchFailure) -> GroupContext {
        guard let groupID = GroupID(input.groupID) else { throw WorkbenchFailure(ContextError.idContextTooLong) }
        guard let member, let secret = member.privateKey else { return try makeReceiver(input, groupID, credentials) }
        let own = try credentials.credential(of: member, input.credentialRules)
        let key = try privateKey(secret, of: own, member.id)
        let manager = try credentials.managerCredential(input.managerCredential, input.credentialRules)
        do throws(ContextError) {
            let context = try GroupContext(
                groupID: groupID, masterSecret: input.masterSecret.span, masterSalt: input.masterSalt,
                algorithms: input.algorithms,
                managerCredential: manager, senderID: member.id,
                credential: own, privateKey: key,
                reservation: SequenceReservation(resumingAt: 0), countersignItems: input.countersignStructure)
            try context.setDeterministicClient(input.deterministicParameters)
            return context
        } catch {
            throw WorkbenchFailure(error, of: member.id)
        }
    }

    /// The context of somebody without a private key: it verifies in group mode, and that is all.
    private static func makeReceiver(
        _ input: GroupContextInput, _ groupID: GroupID, _ credentials: CredentialReader
    ) throws(WorkbenchFailure) -> GroupContext {
        guard input.algorithms.hasGroupMode || !input.algorithms.hasPairwiseMode else {
            throw WorkbenchFailure(
                .context, "\"me\" needs its \"private_key\" in \"context.members\": the group has pairwise mode only")
        }
        let manager = try credentials.managerCredential(input.managerCredential, input.credentialRules)
        do throws(ContextError) {
            return try GroupContext(
                silentServerOf: groupID, masterSecret: input.masterSecret.span, masterSalt: input.masterSalt,
                algorithms: input.algorithms, managerCredential: manager,
                countersignItems: input.countersignStructure)
        } catch {
            throw WorkbenchFailure(error)
        }
    }

    /// The private key of a credential.
    static func privateKey(
        _ secret: [UInt8], of credential: AuthenticationCredential, _ id: SenderID
    ) throws(WorkbenchFailure) -> PrivateKey {
        let kind = credential.publicKey.kind
        do throws(CryptoError) {
            let key = try PrivateKey(kind, secret: secret.span)
            if key.publicKey == credential.publicKey { return key }
        } catch {
            throw WorkbenchFailure(
                .context,
                "\"private_key\" of member \(id) is not one for the key in its \"cred\": \(kind.secretLength) bytes, in range"
            )
        }
        throw WorkbenchFailure(.context, "\"private_key\" of member \(id) belongs to another key than its \"cred\"")
    }

    /// Makes another member known to a context; does nothing if there is no such member, or it is known.
    static func prepare(_ peer: SenderID, in bench: GroupBench) throws(WorkbenchFailure) {
        guard peer != bench.me?.id, bench.context.credential(of: peer) == nil, let member = bench.input.member(peer)
        else { return }
        let credential = try bench.credentials.credential(of: member, bench.input.credentialRules)
        do throws(ContextError) {
            try bench.context.addRecipient(peer, credential: credential)
        } catch {
            throw WorkbenchFailure(error, of: peer)
        }
    }
}
