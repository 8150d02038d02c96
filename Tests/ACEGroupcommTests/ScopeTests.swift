import ACEGroupcomm
import Bytes
import CBOR
import TestSupport
import Testing

/// Scopes of tokens: entries of members and of administrators.
struct ScopeTests {
    private static func scope(_ value: CBORValue) throws -> AuthorizationScope {
        try AuthorizationScope(decoding: value.encoded().span)
    }

    @Test(.requirement("GM-0001", "GM-0002"))
    func workedScopeHasOneEntry() throws {
        let bytes = try MessageVector.load().scope.bytes
        let scope = try AuthorizationScope(decoding: bytes.span)
        #expect(scope.entries == [.user(ScopeEntry(groupName: "g7", roles: [.requester, .responder]))])
        #expect(scope.encoded() == bytes)
        #expect(scope.roles(in: "g7") == [.requester, .responder])
        #expect(scope.roles(in: "g8") == nil)
        #expect(scope.permissions(for: "g7") == [])
    }

    @Test(
        .requirement("GM-0001", "GM-0002", "GM-0009", "GM-0011"),
        arguments: [
            1, .bytes([1]), [], "g7_requester", ["g7", 6], [["g7"]], [["g7", 6, 1]], [[.bytes([0x67, 0x37]), 6]],
            [["g7", -1]], [["g7", "6"]], [[6, "g7"]], [["g7", 6], 1], .null, [:],
            // Bit 0 is 0, and no literal name.
            [[true, 30]], [[.tagged(21065, "g7"), 6]],
            // Patterns: not one, of an unknown kind, of two kinds, not of text.
            [[false, 31]], [[.null, 31]], [[.tagged(21065, "["), 31]], [[.tagged(21065, .bytes([0x67])), 31]],
            [[.tagged(99999, "g7"), 31]], [[.tagged(21065, "g7"), 31], [.tagged(35, "g7"), 31]],
            .tagged(21065, [["g7", 6]]),
        ] as [CBORValue])
    func anythingElseIsNoScope(value: CBORValue) {
        #expect(throws: GroupcommError.invalid(9)) { try Self.scope(value) }
    }

    @Test func scopeIsBounded() throws {
        let entry: CBORValue = ["g7", 6]
        let most = try Self.scope(.array(Array(repeating: entry, count: AuthorizationScope.maximumEntryCount)))
        #expect(most.entries.count == AuthorizationScope.maximumEntryCount)
        let more: CBORValue = .array(Array(repeating: entry, count: AuthorizationScope.maximumEntryCount + 1))
        #expect(throws: GroupcommError.invalid(9)) { try Self.scope(more) }
        let trailing = ([entry] as CBORValue).encoded() + [0]
        #expect(throws: GroupcommError.invalid(9)) { try AuthorizationScope(decoding: trailing.span) }
    }

    @Test(
        .requirement("GM-0003"),
        arguments: [
            (.requester, 2), (.responder, 4), ([.requester, .responder], 6), (.monitor, 8), (.verifier, 16),
            ([.responder, .verifier], 20),
        ] as [(Roles, UInt64)])
    func rolesAreBits(roles: Roles, bits: UInt64) throws {
        #expect(roles.rawValue == bits)
        #expect(try Self.scope([["g7", .unsigned(bits)]]).roles(in: "g7") == roles)
    }

    @Test(
        .requirement("GM-0006"),
        arguments: [
            (.list, 1), (.create, 2), (.read, 4), (.write, 8), (.delete, 16), (.all, 31), ([.list, .read], 5),
            ([.list, .read, .write], 13),
        ] as [(AdminPermissions, UInt64)])
    func permissionsAreBits(permissions: AdminPermissions, bits: UInt64) {
        #expect(permissions.rawValue == bits)
    }

    @Test(.requirement("GM-0004", "GM-0005"))
    func bitZeroTellsAnAdministratorFromAMember() throws {
        let scope = try Self.scope([["g7", 6], [true, 5]])
        #expect(scope.roles(in: "g7") == [.requester, .responder])
        #expect(scope.permissions(for: "g7") == [.list, .read])
        #expect(scope.permissions(for: "other") == [.list, .read])
        #expect(scope.roles(in: "other") == nil)
        // Roles that look like three bits are permissions.
        let admin = try Self.scope([["g7", 7]])
        #expect(admin.entries == [.admin(.literal("g7"), [.list, .create, .read])])
        #expect(admin.roles(in: "g7") == nil)
        // Without the bit a literal name is a member's, whatever the other bits say.
        #expect(try Self.scope([["g7", 30]]).permissions(for: "g7") == [])
    }

    @Test func entriesOfOneGroupAddUp() throws {
        let scope = try Self.scope([["g7", 2], ["g7", 4], ["g8", 8], [true, 1], ["g7", 5]])
        #expect(scope.roles(in: "g7") == [.requester, .responder])
        #expect(scope.permissions(for: "g7") == [.list, .read])
        #expect(scope.permissions(for: "g8") == .list)
    }

    @Test(
        .requirement("GM-0007"),
        arguments: [("foo", [0]), ("gp1", [0, 1, 2]), ("gp77", [0, 2])] as [(String, [Int])])
    func patternsMatchNames(name: String, matching: [Int]) throws {
        let values: [CBORValue] = [[true, 5], ["gp1", 31], [.tagged(21065, "gp[0-9]*"), 31]]
        for (index, value) in values.enumerated() {
            let scope = try Self.scope([value])
            #expect(scope.permissions(for: name).isEmpty == !matching.contains(index), "entry \(index)")
            #expect(scope.encoded() == ([value] as CBORValue).encoded())
        }
    }

    @Test(.requirement("GM-0014", "GM-0016"))
    func extendedClaimIsTheSameScope() throws {
        let vector = try MessageVector.load()
        #expect(AuthorizationScope.tag(forContentFormat: 297) == AuthorizationScope.extendedTag)
        #expect(AuthorizationScope.tag(forContentFormat: 297) == 1_668_547_115)
        #expect(AuthorizationScope.tag(forContentFormat: 0) == 1_668_546_817)
        #expect(AuthorizationScope.tag(forContentFormat: 255) == 1_668_547_073)
        let scope = try AuthorizationScope(decoding: vector.scope.bytes.span)
        let bytes = try vector.message("claims_key_id")
        let claims = try AccessTokenClaims(decoding: bytes.span)
        #expect(claims.scope == ScopeClaim(scope, isExtended: true))
        let claim = try #require(claims.scope)
        #expect(try claim.scope() == scope)
        #expect(claim.content == vector.scope.bytes)
        let whole = AccessTokenClaims(scope: ScopeClaim(scope, isExtended: true)).encoded()
        #expect(Array(whole.dropFirst(2)) == vector.extended_scope.bytes)
        #expect(try ScopeClaim(scope).scope() == scope)
    }

    /// A claim that is no scope is seen only when the scope is asked for: an expired token is expired first.
    @Test(
        .requirement("GM-0011", "GM-0014", "GM-0042"),
        arguments: [
            "g7_requester", .tagged(1_668_546_817, .bytes([0x81, 0x82, 0x62, 0x67, 0x37, 6])), .bytes([1]), 1,
            .tagged(1_668_547_115, "g7"), [["g7", 6]],
        ] as [CBORValue])
    func claimThatIsNoScopeIsFoundLate(value: CBORValue) throws {
        let claims = try AccessTokenClaims(decoding: ([4: 17, 9: value] as CBORValue).encoded().span)
        #expect(claims.expiration == 17)
        let claim = try #require(claims.scope)
        #expect(throws: GroupcommError.invalid(9)) { try claim.scope() }
        #expect(claims.encoded() == ([4: 17, 9: value] as CBORValue).encoded())
    }
}
