import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// What an upload is told of the groups that the token names.
struct UploadInformationTests {
    private let fixture: Fixture

    init() throws {
        fixture = try Fixture(seed: 21)
    }

    @Test(
        .requirement(
            "GM-0048", "GM-0049", "GM-0050", "GM-0052", "GM-0053", "GM-0054", "GM-0055", "GM-0056", "GM-0060"),
        arguments: [
            ([("g7", 6)], ["g7"], ["g7"], []), ([("sg", 6)], ["sg"], [], []), ([("pw", 6)], [], ["pw"], ["pw"]),
            ([("g7", 6), ("pw", 6)], ["g7"], ["g7", "pw"], ["pw"]),
            ([("sg", 6), ("g7", 6)], ["sg", "g7"], ["g7"], []), ([("nothing", 6)], [], [], []),
            ([("g7", 7)], [], [], []), ([("g7", 16)], ["g7"], ["g7"], []),
        ] as [([(String, UInt64)], [String], [String], [String])])
    func eachParameterNamesTheGroupsThatHaveIt(
        scope: [(String, UInt64)], signing: [String], agreeing: [String], withCredential: [String]
    ) throws {
        let answer = try upload(scope).map
        func names(_ label: Int64) -> [String] {
            answer[label]?.arrayItems?.compactMap { $0.arrayItems?.first?.textString } ?? []
        }
        #expect(names(45) == signing)
        #expect(names(47) == agreeing)
        #expect(names(48) == withCredential)
        // Left out, not empty.
        #expect((answer[45] == nil) == signing.isEmpty)
        #expect((answer[47] == nil) == agreeing.isEmpty)
        #expect((answer[48] == nil) == withCredential.isEmpty)
    }

    @Test(.requirement("GM-0048", "GM-0052", "GM-0054"))
    func theParametersAreThoseOfTheGroup() throws {
        let answer = try upload([("g7", 6), ("pw", 6)]).map
        #expect(answer[45]?.encoded() == hex("8185 626737 27 8101 820106 0e"))
        #expect(answer[47]?.arrayItems?.first?.encoded() == hex("85 626737 381a 8101 820104 0e"))
        let credential = try Fixture.managerCredential(.x25519)
        #expect(answer[48] == [["pw", 14, .bytes(credential)]])
    }

    @Test(.requirement("GM-0058", "GM-0302"))
    func whoeverNeedsACredentialGetsAChallenge() throws {
        for scope in [[("g7", 8), ("g8", 2)], [("g7", 4)], [("g7", 20)]] as [[(String, UInt64)]] {
            #expect(try upload(scope).map[46]?.byteString?.count == 8)
        }
    }

    @Test(.requirement("GM-0047", "GM-0051"))
    func whoeverDoesNotAskIsNotTold() throws {
        let client = try fixture.stranger("n1")
        let token = try fixture.token(for: client, "n1", [("g7", 6), ("pw", 6)])
        #expect(try fixture.upload(token, as: client).map.labels == [42, 44, 46])
    }

    /// GM-0056: many groups, many names, and not one more.
    @Test(.requirement("GM-0056"))
    func noOtherGroupIsNamed() throws {
        for index in 0..<8 { try fixture.manager.createGroup("room-\(index)") }
        let bytes = try upload([("room-1", 6), ("room-5", 4)]).payload
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("room-1") && text.contains("room-5"))
        for name in ["room-0", "room-2", "room-7", "g7", "pw"] { #expect(!text.contains(name)) }
    }

    /// An answer that does not fit into one block comes in several.
    @Test func aLongAnswerComesInBlocks() throws {
        let names = (0..<30).map { "room-\($0)" }
        for name in names { try fixture.manager.createGroup(name) }
        let client = try fixture.stranger("n1")
        let token = try fixture.token(for: client, "n1", names.map { ($0, 6) })
        let upload = TokenUpload(
            token: token, nonce1: Array(1...8), clientRecipientID: [1], asksForSignInfo: true, asksForECDHInfo: true,
            asksForDHCredentials: true)
        var message = client.uploadMessage(upload)
        var payload: [UInt8] = []
        var block: UInt32 = 0
        while true {
            let answer = try client.open.askOpenly(fixture.manager, message)
            try #require(answer.code == .created, "block \(block)")
            payload += answer.payload
            guard let told = answer.options.block2, told.isMore else { break }
            block += 1
            message.options.block2 = BlockOption(number: block, isMore: false, size: told.size)
            message.payload = []
        }
        let told = try TokenUploadAnswer(decoding: payload.span)
        #expect(told.signInfo?.map(\.groupNames) == names.map { [$0] })
    }

    private func upload(_ scope: [(String, UInt64)]) throws -> Message {
        let client = try fixture.stranger("n1")
        let upload = TokenUpload(
            token: try fixture.token(for: client, "n1", scope), nonce1: Array(1...8), clientRecipientID: [1],
            asksForSignInfo: true, asksForECDHInfo: true, asksForDHCredentials: true)
        let answer = try client.open.askOpenly(fixture.manager, client.uploadMessage(upload))
        #expect(answer.code == .created)
        return answer
    }
}
