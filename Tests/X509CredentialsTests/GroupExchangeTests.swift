#if X509
    import Bytes
    import COSE
    import CoAP
    import CryptoPrimitives
    import GroupOSCORE
    import OSCORE
    import TestSupport
    import Testing
    import X509Credentials

    /// Credentials of every format at work: members with them talk in every mode that their keys are good for.
    struct GroupExchangeTests {
        typealias Accepted = CredentialVectors.Accepted

        static let vectors = [CredentialVectors.cwt, .c509, .x509].flatMap(\.credentials).filter {
            $0.key.private != nil
        }

        private static func algorithms(_ kind: KeyKind) -> GroupAlgorithms {
            let signature = SignatureAlgorithm.known.first { $0.isUsable(with: kind) }
            return GroupAlgorithms(
                aead: .aesCCM_16_64_128, groupEncryption: signature == nil ? nil : .aesCCM_16_64_128,
                signature: signature, pairwiseKeyAgreement: .ecdhSSHKDF256)
        }

        private struct Member {
            let senderID: SenderID
            let credential: AuthenticationCredential
            let secret: [UInt8]

            init(_ vector: Accepted, _ id: UInt8) throws {
                let input = vector.inputBytes
                senderID = try #require(SenderID([id] as [UInt8]))
                credential = try CredentialReader.withX509.credential(
                    input.span, format: CredentialFormat(rawValue: vector.format))
                secret = try #require(vector.key.private.flatMap { Hex.decode($0) })
            }

            func context(
                knowing peer: Member, as believed: AuthenticationCredential? = nil, manager: [UInt8] = [0xa0]
            ) throws -> GroupContext {
                let master = [UInt8](repeating: 9, count: 16)
                var reservation = SequenceReservation(resumingAt: 0)
                reservation.extend(to: 10)
                let context = try GroupContext(
                    groupID: try #require(GroupID([1, 2, 3])), masterSecret: master.span, masterSalt: [],
                    algorithms: algorithms(credential.publicKey.kind), managerCredential: manager, senderID: senderID,
                    credential: credential, privateKey: PrivateKey(credential.publicKey.kind, secret: secret.span),
                    reservation: reservation)
                try context.addRecipient(peer.senderID, credential: believed ?? peer.credential)
                return context
            }
        }

        private static func verdict(of message: Message, in context: GroupContext) throws -> GroupOSCORE.RequestVerdict
        {
            let body = message.body
            return context.verifyRequest(try ProtectedMessage(body.span))
        }

        /// Another member whose key is of the same kind, with a credential of the same encoding.
        private static func peer(of vector: Accepted) throws -> Accepted {
            let encoding = CredentialFormat(rawValue: vector.format).encoding
            let others = vectors.filter {
                CredentialFormat(rawValue: $0.format).encoding == encoding && $0.key.kind == vector.key.kind
            }
            return others.first { $0.key.x != vector.key.x } ?? vector
        }

        @Test(.requirement("GOSC-0051", "GOSC-0057", "GOSC-0058"), arguments: vectors)
        func membersTalkInEveryModeOfTheirKeys(vector: Accepted) throws {
            let (client, server) = (try Member(vector, 1), try Member(try Self.peer(of: vector), 2))
            let (asking, answering) = (try client.context(knowing: server), try server.context(knowing: client))
            let request = Message(code: .get)
            var protected = [try asking.protectRequest(request, to: server.senderID)]
            if asking.algorithms.hasGroupMode { protected.append(try asking.protectRequest(request)) }
            for (message, asked) in protected {
                guard case .verified(let verified) = try Self.verdict(of: message, in: answering) else {
                    Issue.record("not verified")
                    continue
                }
                #expect(verified.message == request)
                var binding = verified.binding
                let response = Message(code: .content, payload: [7])
                let answer =
                    binding.isGroupMode
                    ? try answering.protectResponse(response, to: &binding)
                    : try answering.protectPairwiseResponse(response, to: &binding)
                let body = answer.body
                let received = asking.verifyResponse(try ProtectedMessage(body.span), to: asked)
                #expect(try received.get().message.payload == [7])
            }
        }

        /// Messages are bound to the Group Manager's credential, whatever its format; out of its container.
        @Test(.requirement("GOSC-0052", "GOSC-0060"))
        func theManagersCredentialMayBeOfAnotherFormat() throws {
            let (client, server) = (try Member(Self.vectors[0], 1), try Member(Self.peer(of: Self.vectors[0]), 2))
            let chain = try #require(CredentialVectors.x509.credentials.first { $0.name == "chain of 3" })
            let input = chain.inputBytes
            let manager = try CredentialReader.withX509.endEntity(of: input.span, format: .x509)
            #expect(manager == chain.credentialBytes)
            let asking = try client.context(knowing: server, manager: manager)
            let (request, _) = try asking.protectRequest(Message(code: .get))
            let whole = try server.context(knowing: client, manager: input)
            guard case .rejected(.signature) = try Self.verdict(of: request, in: whole) else {
                Issue.record("verified with another credential of the manager")
                return
            }
            let answering = try server.context(knowing: client, manager: manager)
            guard case .verified = try Self.verdict(of: request, in: answering) else {
                Issue.record("not verified")
                return
            }
        }

        /// The same key in a credential of other bytes is another credential.
        @Test(.requirement("GOSC-0057"))
        func otherBytesAroundTheSameKeyDoNotVerify() throws {
            let named = { (name: String) in try #require(CredentialVectors.cwt.credentials.first { $0.name == name }) }
            let (client, other) = (try Member(named("COSE_Sign1"), 1), try Member(named("COSE_Mac0"), 1))
            let server = try Member(named("only a subject"), 2)
            try #require(client.credential.publicKey == other.credential.publicKey)
            try #require(client.credential != other.credential)
            let asking = try client.context(knowing: server)
            let mistaken = try server.context(knowing: client, as: other.credential)
            let right = try server.context(knowing: client)
            let (group, _) = try asking.protectRequest(Message(code: .get))
            let (pairwise, _) = try asking.protectRequest(Message(code: .get), to: server.senderID)
            guard case .rejected(.signature) = try Self.verdict(of: group, in: mistaken),
                case .rejected(.decryption) = try Self.verdict(of: pairwise, in: mistaken)
            else {
                Issue.record("verified with another credential")
                return
            }
            guard case .verified = try Self.verdict(of: group, in: right) else {
                Issue.record("not verified with the right one")
                return
            }
        }
    }
#endif
