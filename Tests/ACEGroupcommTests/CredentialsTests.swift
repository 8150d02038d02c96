import ACEGroupcomm
import CBOR
import COSE
import TestSupport
import Testing

struct CredentialsTests {
    @Test(.requirement("GM-0181", "GM-0182", "GM-0183"))
    func filterOfAFetchIsNeverNullNorEmpty() throws {
        #expect(CredentialsRequest(filter: .relevant) == nil)
        #expect(CredentialsRequest(filter: .matching(including: true, roles: [], senderIDs: [])) == nil)
        let request = try #require(
            CredentialsRequest(filter: .matching(including: false, roles: [.responder], senderIDs: [[1], []])))
        #expect(try CredentialsRequest(decoding: request.encoded().span) == request)
        for (value, error) in [
            (.null, .invalid(4)), ([true, [], []], .invalid(4)), ([true, [], [1]], .wrongType(4)), (1, .wrongType(4)),
        ] as [(CBORValue, GroupcommError)] {
            let payload = ([4: value] as CBORValue).encoded()
            #expect(throws: error) { try CredentialsRequest(decoding: payload.span) }
        }
        #expect(throws: GroupcommError.missing(4)) { try CredentialsRequest(decoding: [0xa0].span) }
    }

    @Test(.requirement("GM-0179", "GM-0189"))
    func nothingFoundIsTheEmptyByteString() throws {
        let nobody = CredentialsResponse(peers: [], version: 3)
        #expect(nobody.encoded() == [0x40])
        #expect(try CredentialsResponse(decoding: [0x40].span).peers == [])
        let somebody = CredentialsResponse(
            peers: [Peer(credential: [0xa0], roles: .requester, senderID: [7], name: nil)], version: 3)
        let bytes = somebody.encoded()
        #expect(try CredentialsResponse(decoding: bytes.span) == somebody)
        for count in 0..<bytes.count {
            let prefix = Array(bytes.prefix(count))
            #expect(throws: GroupcommError.self) { try CredentialsResponse(decoding: prefix.span) }
        }
    }
}

struct ProblemDetailsTests {
    @Test(.requirement("GM-0356", "GM-0357", "GM-0358"))
    func workedErrorsAreReproduced() throws {
        let vector = try JoinVector.load()
        #expect(ProblemDetails(error: .membersOnly).encoded() == vector.error_0.bytes)
        let titled = ProblemDetails(error: .groupInactive, title: "Group currently not active")
        #expect(titled.encoded() == vector.error_9_with_title.bytes)
        #expect(try ProblemDetails(decoding: titled.encoded().span) == titled)
        let detailed = ProblemDetails(detail: "why")
        #expect(try ProblemDetails(decoding: detailed.encoded().span) == detailed)
        // An id and an entry that nobody knows yet.
        let unknown = ([0: [0: 13], -9: "x"] as CBORValue).encoded()
        #expect(try ProblemDetails(decoding: unknown.span).error == GroupcommErrorID(rawValue: 13))
    }

    @Test(.requirement("GM-0100"))
    func joinInformationHasExactlyOneEntryAKind() throws {
        let entry = GroupParameters(
            groupName: "g7", algorithm: -8, parameters: .ed25519, credentialFormat: .ccs)
        let information = JoinErrorInformation(signature: entry, keyAgreement: nil, kdcChallenge: [1, 2])
        #expect(try JoinErrorInformation(decoding: information.encoded().span) == information)
        let map = try #require(try CBORValue(decoding: information.encoded().span).mapValue)
        #expect(map[29] == [["g7", -8, [1], [1, 6], 14]])
        let one: CBORValue = ["g7", -8, [1], [1, 6], 14]
        let two = ([29: [one, one]] as CBORValue).encoded()
        #expect(throws: GroupcommError.wrongType(29)) { try JoinErrorInformation(decoding: two.span) }
    }
}

struct NamesTests {
    @Test(.requirement("GM-0170"), arguments: ["g7", "floor-2-lights", "0", String(repeating: "a", count: 63)])
    func usualNamesAreNames(name: String) {
        #expect(Names.isValid(name))
    }

    @Test(
        .requirement("GM-0170"),
        arguments: ["", ".", "..", "-a", "A", "a b", "a/b", "ä", "a_b", String(repeating: "a", count: 64)])
    func otherTextsAreNot(name: String) {
        #expect(!Names.isValid(name))
    }
}

struct RolesTests {
    @Test(.requirement("GM-0079", "GM-0094"))
    func monitorStandsAlone() {
        #expect([2, 4, 6, 8].allSatisfy { Roles(rawValue: $0).mayJoin })
        #expect([0, 1, 3, 7, 10, 12, 14, 16, 18, 32].allSatisfy { !Roles(rawValue: $0).mayJoin })
    }

    @Test func namesAreReadAndWritten() {
        #expect(Roles(names: "requester,responder") == [.requester, .responder])
        #expect(Roles(names: "responder,requester")?.description == "requester,responder")
        for text in ["", "requester,", "boss", "Requester"] { #expect(Roles(names: text) == nil) }
    }
}
