import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import OSCORE

extension ManagerLink {
    /// The end of the block of numbers that is to be made durable next; `nil` while none are needed.
    var wantedEnd: UInt64? {
        switch state {
        case .reserving, .requestingToken:
            endpoint.protection.contexts[ManagerProtection.authorizationServer]?.reservation.wantedEnd
        case .closed, .savingToken, .uploading, .established, .recovering, .postponed, .resting: nil
        }
    }

    /// Numbers towards the authorization server are durable.
    func reserved(
        to end: UInt64, at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [LinkEffect]
    ) {
        endpoint.protection.contexts[ManagerProtection.authorizationServer]?.extendReservation(to: end)
        if case .reserving = state { requestToken(at: now, random: &random, effects: &effects) }
    }

    func notReserved(at now: MonotonicInstant, effects: inout [LinkEffect]) {
        if case .reserving = state { fail(.storage, rests: false, at: now, effects: &effects) }
    }

    /// Asks the authorization server for a token (RFC 9200 §5.8.1).
    func requestToken(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [LinkEffect]
    ) {
        let numbers = endpoint.protection.contexts[ManagerProtection.authorizationServer]?.reservation
        guard let numbers, numbers.next < numbers.reservedEnd else {
            state = .reserving
            return
        }
        state = .requestingToken
        start(
            ClientRequest(tokenRequest, to: address, peer: ManagerProtection.authorizationServer), .token, at: now,
            random: &random, effects: &effects)
    }

    /// What a token is requested with.
    var tokenRequest: Message {
        // The server inside the manager has no other audience.
        .post(["token"], .ace, TokenRequest(scope: scope, asksForProfile: true).encoded())
    }

    var scope: [UInt8] { AuthorizationScope(entries: [.user(wanted)]).encoded() }

    /// Takes the genuine answer of the authorization server.
    func takeToken(_ response: Message, at now: MonotonicInstant, effects: inout [LinkEffect]) {
        guard response.code == .created else {
            let error = try? TokenErrorResponse(decoding: response.payload.span)
            let detail = error.map { $0.description ?? "token error \($0.error.rawValue)" }
            // What passes with time says nothing of the token that there is.
            if token != nil, response.code.isFinalRefusal {
                token = nil
                effects.append(.dropToken)
            }
            fail(.refused(response.code, detail: detail), at: now, effects: &effects)
            return
        }
        do {
            let record = try NodeTokenRecord(
                response, requested: scope, for: wanted, at: clock?.time(at: now))
            state = .savingToken
            effects.append(.saveToken(record))
        } catch {
            fail(error, at: now, effects: &effects)
        }
    }

    /// The token is durable: from here on a crash costs an upload and no more.
    func tokenSaved(
        _ record: NodeTokenRecord, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [LinkEffect]
    ) {
        token = record
        switch state {
        case .savingToken: upload(at: now, random: &random, effects: &effects)
        case .established: replaceAssociation(at: now, random: &random, effects: &effects)
        // The next upload is of this one.
        case .closed, .reserving, .requestingToken, .uploading, .recovering, .postponed, .resting: return
        }
    }

    func tokenNotSaved(at now: MonotonicInstant, effects: inout [LinkEffect]) {
        if case .savingToken = state { fail(.storage, rests: false, at: now, effects: &effects) }
    }

    /// What the token allows in the group, as far as it was asked for.
    var grantedRoles: Roles {
        guard let token, let scope = try? AuthorizationScope(decoding: token.scope.span),
            let roles = scope.roles(in: wanted.groupName)
        else { return wanted.roles }
        return roles.intersection(wanted.roles)
    }
}

extension NodeTokenRecord {
    /// Takes what the authorization server answered.
    ///
    /// - Parameters:
    ///   - requested: The content of the scope that was asked for.
    ///   - time: The time of day; `nil` if it is not known, and then neither is when the token ends.
    /// - Throws: ``JoinFailure/malformedAnswer`` if something is missing or of no use to this profile;
    ///   ``JoinFailure/refused(_:detail:)`` if the token is not for the group;
    ///   ``JoinFailure/unsupportedGroup`` for algorithms that this node does not have.
    init(_ response: Message, requested: [UInt8], for wanted: ScopeEntry, at time: UnixTime?) throws(JoinFailure) {
        // GM-0020, GM-0022: unknown parameters are ignored, a token or a Master Secret that is not there is not.
        guard var answer = try? TokenResponse(decoding: response.payload.span), !answer.accessToken.isEmpty,
            // GM-0012
            let lifetime = answer.expiresIn, lifetime > 0, answer.profile == nil || answer.profile == .coapOSCORE,
            case .inputMaterial(var material)? = answer.confirmation, material.version ?? 1 == 1
        else { throw .malformedAnswer }
        answer.confirmation = nil
        defer { material.wipe() }
        // GM-0013: without a scope the one that was asked for is granted.
        let granted = answer.scope ?? requested
        guard let scope = try? AuthorizationScope(decoding: granted.span) else { throw .malformedAnswer }
        guard scope.roles(in: wanted.groupName)?.intersection(wanted.roles).mayJoin == true else {
            throw .refused(response.code, detail: "the token allows none of the roles in the group")
        }
        let algorithm = material.algorithm ?? .aesCCM_16_64_128
        let hkdf = material.hkdf ?? .hkdfSHA256
        guard algorithm.aeadKind != nil, hkdf.hash != nil else { throw .unsupportedGroup }
        self.init(
            token: SecretField(wiping: &answer.accessToken), inputMaterialID: material.id,
            masterSecret: SecretField(copying: material.masterSecret.span), salt: material.salt,
            idContext: material.contextID, algorithm: algorithm.rawValue, hkdf: hkdf.rawValue, scope: granted,
            expiry: time.map { min($0.seconds, Self.latestExpiry) + min(lifetime, Self.latestExpiry) })
    }
}

extension NodeTokenRecord {
    /// Half of what a store has room for: a time and a lifetime fit together.
    private static let latestExpiry = UInt64(Int64.max / 2)
}

extension Code {
    /// Whether the same request would be refused at any time.
    fileprivate var isFinalRefusal: Bool {
        self.class == 4 && ![.tooManyRequests, .requestEntityIncomplete, .conflict].contains(self)
    }
}

extension Message {
    static func post(_ path: [String], _ format: ContentFormat? = nil, _ payload: [UInt8] = []) -> Message {
        request(.post, path, format, payload)
    }

    static func request(
        _ code: Code, _ path: [String], _ format: ContentFormat? = nil, _ payload: [UInt8] = []
    ) -> Message {
        var options = Options()
        options.uriPath = path
        options.contentFormat = format
        return Message(code: code, options: options, payload: payload)
    }
}
