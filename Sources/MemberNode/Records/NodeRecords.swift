public import ACEGroupcomm
public import Bytes
public import COSE
public import CryptoPrimitives
public import GroupOSCORE
public import OSCORE

/// Who this node is: one key pair, of the kind that its group asks for, and the credential in the group's format.
public struct IdentityRecord: Hashable, Sendable {
    /// What the key pair is made for.
    public var keyKind: KeyKind
    /// The private key as `CryptoPrimitives` takes it: ``CryptoPrimitives/KeyKind/secretLength`` bytes.
    public var privatePart: SecretField
    /// The format of the credential.
    public var credentialFormat: CredentialFormat
    /// The credential with the public key, exactly as it is sent to the Group Manager.
    public var credential: [UInt8]

    /// Creates a record.
    public init(
        keyKind: KeyKind, privatePart: SecretField, credentialFormat: CredentialFormat, credential: [UInt8]
    ) {
        self.keyKind = keyKind
        self.privatePart = privatePart
        self.credentialFormat = credentialFormat
        self.credential = credential
    }
}

/// The OSCORE association with the authorization server of the Group Manager, as it came out of an invitation.
public struct NodeAssociationRecord: Hashable, Sendable {
    /// `[address]:port` of the manager.
    public var managerAddress: String
    /// The OSCORE Master Secret, 16 bytes.
    public var masterSecret: SecretField
    /// The ID Context that this node drew: no two state directories share keys, even with the same invitation.
    public var idContext: [UInt8]
    /// This node's Sender ID in the association.
    public var clientSenderID: [UInt8]
    /// The manager's Sender ID in the association.
    public var managerSenderID: [UInt8]
    /// The group that the invitation names.
    public var groupName: String
    /// The name that the invitation gives this node.
    public var nodeName: String
    /// The roles that the invitation grants.
    public var roles: Roles
    /// SHA-256 of the manager's credential; the join fails if the manager shows another one.
    public var managerCredentialHash: [UInt8]
    /// N_C of the Join Request: kept so that a repeated join is the same join.
    public var clientNonce: [UInt8]
    /// The end of the last durable block of Sender Sequence Numbers.
    public var reservedEnd: UInt64

    /// Creates a record.
    public init(
        managerAddress: String, masterSecret: SecretField, idContext: [UInt8], clientSenderID: [UInt8],
        managerSenderID: [UInt8], groupName: String, nodeName: String, roles: Roles, managerCredentialHash: [UInt8],
        clientNonce: [UInt8], reservedEnd: UInt64
    ) {
        self.managerAddress = managerAddress
        self.masterSecret = masterSecret
        self.idContext = idContext
        self.clientSenderID = clientSenderID
        self.managerSenderID = managerSenderID
        self.groupName = groupName
        self.nodeName = nodeName
        self.roles = roles
        self.managerCredentialHash = managerCredentialHash
        self.clientNonce = clientNonce
        self.reservedEnd = reservedEnd
    }
}

/// The group context of a member, as the Group Manager gave it.
public struct MembershipRecord: Hashable, Sendable {
    /// The group's name.
    public var groupName: String
    /// The NODENAME: what the manager calls the resource of this member. What people call it is in ``network``.
    public var memberName: String
    /// The current Gid.
    public var groupID: [UInt8]
    /// The Key Generation Number.
    public var version: UInt64
    /// The group's Master Secret.
    public var masterSecret: SecretField
    /// The group's Master Salt; may be empty.
    public var masterSalt: [UInt8]
    /// The group's algorithms.
    public var algorithms: GroupAlgorithms
    /// The format of all credentials in the group.
    public var credentialFormat: CredentialFormat
    /// The Group Manager's credential.
    public var managerCredential: [UInt8]
    /// This member's Sender ID; empty for a monitor, which has none.
    public var senderID: [UInt8]
    /// This member's roles.
    public var roles: Roles
    /// Address, port, link rate, size; `nil` if the manager did not tell.
    public var network: NetworkParameters?
    /// The end of the last durable block of Sender Sequence Numbers.
    public var reservedEnd: UInt64
    /// Whether this member was told to leave, and the manager has not let it go yet.
    public var isLeaving = false

    /// Creates a record.
    public init(
        groupName: String, memberName: String, groupID: [UInt8], version: UInt64, masterSecret: SecretField,
        masterSalt: [UInt8], algorithms: GroupAlgorithms, credentialFormat: CredentialFormat,
        managerCredential: [UInt8], senderID: [UInt8], roles: Roles, network: NetworkParameters?, reservedEnd: UInt64
    ) {
        self.groupName = groupName
        self.memberName = memberName
        self.groupID = groupID
        self.version = version
        self.masterSecret = masterSecret
        self.masterSalt = masterSalt
        self.algorithms = algorithms
        self.credentialFormat = credentialFormat
        self.managerCredential = managerCredential
        self.senderID = senderID
        self.roles = roles
        self.network = network
        self.reservedEnd = reservedEnd
    }
}

extension MembershipRecord {
    /// What people call this member.
    var displayName: String { network?.memberName ?? memberName }
}

/// Another member of the group, as the Group Manager told.
public struct PeerRecord: Hashable, Sendable {
    /// Its Sender ID.
    public var senderID: [UInt8]
    /// Its credential, exactly as distributed.
    public var credential: [UInt8]
    /// Its roles; a message outside them is not processed.
    public var roles: Roles
    /// Its name, if the manager tells names.
    public var name: String?

    /// Creates a record.
    public init(senderID: [UInt8], credential: [UInt8], roles: Roles, name: String?) {
        self.senderID = senderID
        self.credential = credential
        self.roles = roles
        self.name = name
    }
}

/// A Sender ID that this node has, or had, under a Gid: its numbers are used, and nobody knows which of them.
public struct UsedSenderIDRecord: Hashable, Sendable {
    /// The Gid.
    public var groupID: [UInt8]
    /// The Sender ID; never empty.
    public var senderID: [UInt8]

    /// Creates a record.
    public init(groupID: [UInt8], senderID: [UInt8]) {
        self.groupID = groupID
        self.senderID = senderID
    }
}

/// What was received from one member under one Gid.
public struct NodeReplayWindowRecord: Hashable, Sendable {
    /// The Gid under which it was received.
    public var groupID: [UInt8]
    /// The member's Sender ID.
    public var senderID: [UInt8]
    /// The window.
    public var window: ReplayWindow.Snapshot

    /// Creates a record.
    public init(groupID: [UInt8], senderID: [UInt8], window: ReplayWindow.Snapshot) {
        self.groupID = groupID
        self.senderID = senderID
        self.window = window
    }
}

/// The access token for the Group Manager, and the OSCORE input material that came with it.
public struct NodeTokenRecord: Hashable, Sendable {
    /// The token, exactly as the authorization server gave it.
    public var token: SecretField
    /// The identifier of the OSCORE input material.
    public var inputMaterialID: [UInt8]
    /// The OSCORE Master Secret.
    public var masterSecret: SecretField
    /// The salt of the input material; `nil` if it has none.
    public var salt: [UInt8]?
    /// The OSCORE ID Context; `nil` if it has none.
    public var idContext: [UInt8]?
    /// The COSE number of the AEAD algorithm.
    public var algorithm: Int
    /// The COSE number of the HKDF algorithm.
    public var hkdf: Int
    /// What this node may do: the content of the scope.
    public var scope: [UInt8]
    /// When the token ends, in seconds since 1970; `nil` if the authorization server did not say.
    public var expiry: UInt64?

    /// Creates a record.
    public init(
        token: SecretField, inputMaterialID: [UInt8], masterSecret: SecretField, salt: [UInt8]?, idContext: [UInt8]?,
        algorithm: Int, hkdf: Int, scope: [UInt8], expiry: UInt64?
    ) {
        self.token = token
        self.inputMaterialID = inputMaterialID
        self.masterSecret = masterSecret
        self.salt = salt
        self.idContext = idContext
        self.algorithm = algorithm
        self.hkdf = hkdf
        self.scope = scope
        self.expiry = expiry
    }
}

/// Everything a node keeps across restarts.
public struct NodeState: Hashable, Sendable {
    /// The node's key pair, once its group has said of which kind; a monitor has none.
    public var identity: IdentityRecord?
    /// The association with the manager, once an invitation was accepted.
    public var association: NodeAssociationRecord?
    /// The group context, once joined.
    public var membership: MembershipRecord?
    /// The other members.
    public var peers: [PeerRecord]
    /// The replay windows under the current Gid.
    public var windows: [NodeReplayWindowRecord]
    /// The access token, once there is one.
    public var token: NodeTokenRecord?
    /// The Sender IDs of this node under the Gid of its latest membership.
    public var usedSenderIDs: [UsedSenderIDRecord]

    /// Creates a state; a new node knows nothing.
    public init(
        identity: IdentityRecord? = nil, association: NodeAssociationRecord? = nil, membership: MembershipRecord? = nil,
        peers: [PeerRecord] = [], windows: [NodeReplayWindowRecord] = [], token: NodeTokenRecord? = nil,
        usedSenderIDs: [UsedSenderIDRecord] = []
    ) {
        self.identity = identity
        self.association = association
        self.membership = membership
        self.peers = peers
        self.windows = windows
        self.token = token
        self.usedSenderIDs = usedSenderIDs
    }
}
