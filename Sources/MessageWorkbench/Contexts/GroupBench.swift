import COSE
import GroupOSCORE
import OSCORE

/// A group context, and what a line says of its group.
struct GroupBench {
    let input: GroupContextInput
    /// `nil` in a bench that only receives in group mode, and is nobody.
    let me: GroupContextInput.Member?
    let context: GroupContext
    /// Reads the credentials of its members.
    let credentials: CredentialReader
}

extension GroupBench {
    /// Makes a member known that the line says something is for.
    func requireMember(_ id: SenderID, _ field: String) throws(WorkbenchFailure) {
        guard id != me?.id else {
            throw WorkbenchFailure(.field, "\"\(field)\" is the same as \"me\": nobody talks to itself")
        }
        guard input.member(id) != nil else {
            throw WorkbenchFailure(.context, "\"\(field)\" is none of \"context.members\": its \"cred\" is needed")
        }
        try Workbench.prepare(id, in: self)
    }
}

extension GroupContextInput {
    var deterministicParameters: DeterministicClient? {
        deterministicClient.map {
            DeterministicClient(senderID: $0, hashAlgorithm: HashAlgorithm(rawValue: requestHash))
        }
    }

    var countersignStructure: CountersignStructure.ItemCount { countersignItems == 4 ? .four : .five }

    var algorithms: GroupAlgorithms {
        GroupAlgorithms(
            aead: aead.map { AEADAlgorithm(rawValue: $0) },
            groupEncryption: groupEncryption.map { GroupEncryptionAlgorithm(rawValue: $0) },
            signature: signature.map { SignatureAlgorithm(rawValue: $0) },
            pairwiseKeyAgreement: keyAgreement.map { PairwiseKeyAgreementAlgorithm(rawValue: $0) },
            hkdf: HKDFAlgorithm(rawValue: hkdf))
    }
}

extension GroupBench {
    /// What binds a response to the request that a line tells of.
    func binding(
        to request: RequestInput, kid: SenderID, defaultMode: MessageMode
    ) throws(WorkbenchFailure) -> GroupRequestBinding {
        guard let groupID = GroupID(request.kidContext ?? input.groupID) else {
            throw WorkbenchFailure(.field, "\"request.kid_context\" is too long for a Gid")
        }
        return GroupRequestBinding(
            request: request.binding(kid: kid), groupID: groupID,
            isGroupMode: (request.mode ?? defaultMode) == .group)
    }
}
