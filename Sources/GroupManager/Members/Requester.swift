import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine

/// Who asks, and when: what every resource under `/ace-group` needs besides the request.
struct Requester: Sendable {
    let client: ClientRecord
    /// Where the request came from.
    let address: IPv6Address
    /// Seconds since 1970.
    let now: UInt64

    /// The roles that its token grants in a group; `nil` if it does not name the group.
    func roles(in groupName: String) -> Roles? {
        (try? AuthorizationScope(decoding: client.scope.span))?.roles(in: groupName)
    }

    /// What it is called in the log.
    func name(in group: GroupState?) -> String {
        group?.member(client.client)?.name ?? client.client.subject ?? "unnamed"
    }
}

/// Why a resource does not answer as asked: a Code, and what draft-ietf-ace-key-groupcomm-oscore has to say of it.
struct MemberRefusal: Error, Hashable, Sendable {
    var code: Code
    var error: GroupcommErrorID?
    var detail: String?
    var retryAfter: UInt32?

    init(_ code: Code, _ error: GroupcommErrorID? = nil, detail: String? = nil, retryAfter: UInt32? = nil) {
        self.code = code
        self.error = error
        self.detail = detail
        self.retryAfter = retryAfter
    }

    var answer: ResourceResponse { .problem(code, error, detail: detail, retryAfter: retryAfter) }

    // GM-0155 to GM-0158
    /// The token does not grant this; also where there is no such group, so that nobody learns which there are.
    static let notGranted = Self(.forbidden)
    // GM-0161
    static let membersOnly = Self(.forbidden, .membersOnly)
    // GM-0283, GM-0295
    static let verifiersOnly = Self(.forbidden, .verifiersOnly)
    // GM-0231, GM-0198
    static let wrongRoles = Self(.badRequest, .inconsistentRoles)
    // GM-0285, GM-0296
    static let noSignatures = Self(.badRequest, .noSignatures)
    // GM-0098, GM-0197, GM-0230
    static let inactive = Self(
        .serviceUnavailable, .groupInactive, detail: "the group is not active", retryAfter: retryWhenInactive)
    // GM-0099, GM-0232
    static let noSenderID = Self(
        .serviceUnavailable, .noIndividualKeyingMaterial, detail: "no Sender ID is left", retryAfter: retryWhenInactive)
    static let malformed = Self(.badRequest)
    static let contentFormat = Self(.unsupportedContentFormat)
    static let groupGone = Self(.notFound, .groupDeleted, detail: "the group does not exist any more")

    /// A person has to act first.
    private static let retryWhenInactive: UInt32 = 60
}
