/// A label of the IANA registry "ACE Groupcomm Parameters": the keys of the maps of Content-Format 261 (RFC 9594 §11.7).
public struct GroupcommLabel: Hashable, Sendable {
    /// The registered integer; private use below -65536.
    public let rawValue: Int64

    /// Creates a label from its number. Any number is accepted.
    public init(_ rawValue: Int64) {
        self.rawValue = rawValue
    }
}

// GM-0376: the numbers of the registry.
extension GroupcommLabel {
    public static let gid = Self(0)
    public static let gname = Self(1)
    public static let guri = Self(2)
    public static let scope = Self(3)
    public static let getCreds = Self(4)
    public static let clientCred = Self(5)
    public static let cnonce = Self(6)
    public static let gkty = Self(7)
    public static let key = Self(8)
    public static let num = Self(9)
    public static let aceGroupcommProfile = Self(10)
    public static let exp = Self(11)
    public static let exi = Self(12)
    public static let creds = Self(13)
    public static let peerRoles = Self(14)
    public static let peerIdentifiers = Self(15)
    public static let groupPolicies = Self(16)
    public static let kdcCred = Self(17)
    public static let kdcNonce = Self(18)
    public static let kdcCredVerify = Self(19)
    public static let rekeyingScheme = Self(20)
    public static let groupSenderID = Self(21)
    public static let clientCredVerify = Self(24)
    public static let credsRepo = Self(25)
    public static let controlURI = Self(26)
    public static let mgtKeyMaterial = Self(27)
    public static let controlGroupURI = Self(28)
    public static let signInfo = Self(29)
    public static let kdcChallenge = Self(30)
    public static let ecdhInfo = Self(31)
    public static let kdcDHCreds = Self(32)
    public static let signEncKey = Self(33)
    public static let staleNodeIDs = Self(34)
}

// What the admin interface adds (draft-ietf-ace-oscore-gm-admin §11.1).
extension GroupcommLabel {
    public static let hkdf = Self(-1)
    public static let credFmt = Self(-2)
    public static let groupMode = Self(-3)
    public static let gpEncAlg = Self(-4)
    public static let signAlg = Self(-5)
    public static let signParams = Self(-6)
    public static let pairwiseMode = Self(-7)
    public static let alg = Self(-8)
    public static let ecdhAlg = Self(-9)
    public static let ecdhParams = Self(-10)
    public static let rt = Self(-11)
    public static let active = Self(-12)
    public static let groupName = Self(-13)
    public static let groupDescription = Self(-14)
    public static let maxStaleSets = Self(-15)
    public static let gidReuse = Self(-16)
    public static let appGroups = Self(-17)
    public static let joiningURI = Self(-18)
    public static let asURI = Self(-19)
    public static let detReq = Self(-25)
    public static let detHashAlg = Self(-26)
    public static let confFilter = Self(-27)
    public static let appGroupsDiff = Self(-28)
}

// Our own, in the range for private use: what a member needs to find its group on the network.
extension GroupcommLabel {
    /// A map of ``NetworkParameters``.
    public static let goscNetwork = Self(-65537)
    /// The names of the members whose credentials are under `creds`, in the same order.
    public static let goscPeerNames = Self(-65538)
    /// In a rekeying message: for how many seconds requests under the Gid before may still be accepted.
    public static let goscRekeyOverlap = Self(-65539)
}

extension GroupcommLabel: WireLabel {}
