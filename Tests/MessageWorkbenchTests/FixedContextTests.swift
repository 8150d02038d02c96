import Bytes
import COSE
import CoAP
import GroupOSCORE
import OSCORE
import TestSupport
import Testing

@testable import MessageWorkbench

/// Contexts that nodes live on: read, checked, and stored with no more keys than needed.
struct FixedContextTests {
    private static let group = "A group-request-piv258"

    /// The context of a vector, and the members with a private key in it.
    private func context(_ name: String) throws -> JSONObject {
        try #require(try Sample.vector(name).protect["context"]?.objectValue)
    }

    private func members(_ context: JSONObject) throws -> [JSONObject] {
        try #require(context["members"]?.arrayValue).compactMap(\.objectValue)
    }

    private func read(_ context: JSONObject, as me: String) throws -> FixedContext {
        let senderID = try #require(Hex.decode(me).flatMap { SenderID($0) })
        return try FixedContext(context.bytes, as: senderID, credentials: .standard)
    }

    @Test func aGroupIsReadWithAllOfItsMembers() throws {
        let context = try context(Self.group)
        let members = try members(context)
        let me = try #require(members.first { $0["private_key"] != nil }?["id"]?.textValue)
        guard case .group(let group) = try read(context, as: me) else { throw Wrong() }
        #expect(group.senderID.description == me)
        #expect(group.groupID.description == context["gid"]?.textValue)
        #expect(Hex.encode(group.masterSecret) == context["master_secret"]?.textValue)
        #expect(group.members.count == members.count - 1)
        #expect(!group.members.contains { $0.senderID == group.senderID })
        #expect(group.countersignItems == .five)
    }

    /// What is stored reads as the same, and holds one private key.
    @Test func whatIsStoredHoldsOnePrivateKey() throws {
        // Every member has a key in this file.
        let context = try context(Self.group)
        let keyed = try members(context).filter { $0["private_key"] != nil }
        let me = try #require(keyed.first?["id"]?.textValue)
        let secret = try #require(keyed.first?["private_key"]?.textValue)
        let others = try members(context).compactMap { $0["id"]?.textValue }.filter { $0 != me }
        let full = context.with(
            [
                "members": .array(
                    try members(context).map { member in
                        .object(
                            member["id"]?.textValue == me
                                ? member : member.with(["private_key": .text(String(repeating: "ab", count: 32))]))
                    }), "unknown": "secret of somebody else",
            ])
        let fixed = try read(full, as: me)
        let stored = try #require(String(validating: fixed.stored, as: UTF8.self))
        #expect(stored.contains(secret))
        #expect(!stored.contains("abababab") && !stored.contains("somebody"))
        let senderID = fixed.senderID
        let again = try FixedContext(fixed.stored, as: senderID, credentials: .standard)
        #expect(again.stored == fixed.stored)
        guard case .group(let first) = fixed, case .group(let second) = again else { throw Wrong() }
        #expect(first.members.map(\.senderID.description) == others)
        #expect(second.members.map(\.senderID) == first.members.map(\.senderID))
        #expect(second.privateKey == first.privateKey)
        #expect(second.algorithms == first.algorithms)
        #expect(second.managerCredential == first.managerCredential)
        // Nobody else can be made of it.
        for other in others { #expect(throws: WorkbenchFailure.self) { _ = try read(stored, as: other) } }
    }

    @Test func aPairServesBothEnds() throws {
        let context = try context(Sample.pairRequest)
        let (sender, recipient) = (context["sender_id"]?.textValue ?? "", context["recipient_id"]?.textValue ?? "")
        for (me, peer) in [(sender, recipient), (recipient, sender)] {
            let fixed = try read(context, as: me)
            let again = try FixedContext(fixed.stored, as: fixed.senderID, credentials: .standard)
            guard case .pair(let first) = fixed, case .pair(let second) = again else { throw Wrong() }
            for pair in [first, second] {
                #expect(pair.senderID.description == me)
                #expect(pair.recipientID.description == peer)
                #expect(pair.masterSecret == first.masterSecret && pair.masterSalt == first.masterSalt)
                #expect(pair.algorithm == first.algorithm && pair.hkdf == first.hkdf)
                #expect(pair.idContext == first.idContext)
            }
        }
    }

    /// A description of a value that holds keys says who, and nothing else.
    @Test func noDescriptionHoldsAKey() throws {
        for (name, me) in [(Self.group, nil), (Sample.pairRequest, "")] as [(String, String?)] {
            let context = try context(name)
            let member = try me ?? #require(members(context).first { $0["private_key"] != nil }?["id"]?.textValue)
            let fixed = try read(context, as: member)
            let secret = try #require(context["master_secret"]?.textValue)
            var texts = ["\(fixed)", String(reflecting: fixed)]
            dump(fixed, to: &texts[0])
            switch fixed {
            case .group(let group): texts.append(String(reflecting: group))
            case .pair(let pair): texts.append(String(reflecting: pair))
            }
            for text in texts {
                #expect(!text.contains(secret.prefix(8)) && !text.contains("[1, 2, 3"), "\(text)")
            }
        }
    }

    private func read(_ stored: String, as me: String) throws -> FixedContext {
        let senderID = try #require(Hex.decode(me).flatMap { SenderID($0) })
        return try FixedContext(Array(stored.utf8), as: senderID, credentials: .standard)
    }

    private struct Wrong: Error {}
}
