public import COSE
public import GroupOSCORE
public import OSCORE

/// What an endpoint needs for one group whose Security Context never changes (RFC 10021 §2): a member without a manager.
public struct GroupAssociation: Sendable {
    /// Another member.
    public struct Member: Sendable {
        /// Its Sender ID.
        public var senderID: SenderID
        /// Its credential, exactly as distributed.
        public var credential: AuthenticationCredential

        /// Describes a member.
        public init(senderID: SenderID, credential: AuthenticationCredential) {
            self.senderID = senderID
            self.credential = credential
        }
    }

    /// In which mode answers are protected.
    public enum AnswerMode: Hashable, Sendable {
        /// That of the request.
        case same
        /// For everybody in the group, countersigned.
        case group
        /// For the client alone.
        case pairwise
    }

    /// The group's name, by which requests are addressed; at most 255 bytes of UTF-8. It is not sent.
    public var name: String
    /// The Gid.
    public var groupID: GroupID
    /// The group's Master Secret.
    public var masterSecret: [UInt8]
    /// The group's Master Salt; empty if there is none.
    public var masterSalt: [UInt8]
    /// The group's algorithms.
    public var algorithms: GroupAlgorithms
    /// The Group Manager's credential, exactly as distributed, but without tag and container.
    public var managerCredential: [UInt8]
    /// This endpoint's Sender ID.
    public var senderID: SenderID
    /// This endpoint's credential.
    public var credential: AuthenticationCredential
    /// The private key of ``credential``: the seed of Ed25519, the scalar of X25519 or of a NIST curve.
    public var privateKey: [UInt8]
    /// The other members.
    public var members: [Member]
    /// The size of the replay windows, 2 to 1024.
    public var replayWindowSize = ReplayWindow.defaultSize
    /// How many items a Countersign_structure has: five, unless a peer reads RFC 9338 §3.3 to the letter.
    public var countersignItems = CountersignStructure.ItemCount.five
    /// In which mode answers are protected.
    public var answerMode = AnswerMode.same
    /// What becomes of group-mode requests that come by unicast (RFC 10021 §14.9).
    public var unicastGroupRequests = UnicastGroupRequestPolicy.accept
    /// Every number below it may have been used by an earlier run; 0 for keys that were never used.
    public var reservedEnd: UInt64
    /// Makes numbers durable before they are used.
    public var store: any SequenceNumberStore
    /// How many numbers are made durable at once; what is left of them when the program ends is skipped.
    public var reservedAtOnce = SequenceReservation.defaultBlockSize

    /// Describes a context.
    ///
    /// - Parameters:
    ///   - reservedEnd: What `store` was told last, by whatever run; 0 for keys that were never used. Above 0, the first
    ///     request of every member is challenged with Echo, because what it sent before is not known any more.
    ///   - store: Where the numbers of this context are kept.
    public init(
        name: String, groupID: GroupID, masterSecret: [UInt8], masterSalt: [UInt8] = [], algorithms: GroupAlgorithms,
        managerCredential: [UInt8], senderID: SenderID, credential: AuthenticationCredential, privateKey: [UInt8],
        members: [Member], reservedEnd: UInt64, store: any SequenceNumberStore
    ) {
        self.name = name
        self.groupID = groupID
        self.masterSecret = masterSecret
        self.masterSalt = masterSalt
        self.algorithms = algorithms
        self.managerCredential = managerCredential
        self.senderID = senderID
        self.credential = credential
        self.privateKey = privateKey
        self.members = members
        self.reservedEnd = reservedEnd
        self.store = store
    }
}

/// Neither prints the Master Secret or the private key.
extension GroupAssociation: CustomStringConvertible, CustomReflectable {
    /// The identifiers.
    public var description: String { "member \(senderID) of group \(name) with Gid \(groupID)" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
