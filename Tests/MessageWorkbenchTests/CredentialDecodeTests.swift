import Bytes
import COSE
import TestSupport
import Testing

@testable import MessageWorkbench

/// `decode` with a credential, and credentials of other formats in contexts.
struct CredentialDecodeTests {
    static let vectors = [CredentialVectors.cwt, .c509].flatMap(\.credentials)

    @Test(arguments: vectors)
    func everyCredentialIsShown(vector: CredentialVectors.Accepted) throws {
        for line in [
            ["op": "decode", "cred": .text(vector.input)],
            ["op": "decode", "cred": .text(vector.input), "cred_fmt": .integer(Int64(vector.format))],
        ] as [JSONObject] {
            let answer = Workbench().answer(line.bytes)
            // Bytes alone do not tell a bag from a chain; a bag may be in the order of none.
            if answer["ok"] == .bool(false), line["cred_fmt"] == nil {
                #expect(vector.format == CredentialFormat.c509Bag.rawValue)
                continue
            }
            #expect(answer["ok"] == .bool(true))
            #expect(answer["cred"] == .text(vector.credential))
            #expect(answer["subject"] == (vector.subject.map { .text($0) } ?? .null))
            #expect(answer["issuer"] == (vector.issuer.map { .text($0) } ?? .null))
            #expect(answer["not_before"] == (vector.notBefore.map { .integer($0) } ?? .null))
            #expect((answer["not_after"] == .null) == (vector.notAfter == nil))
            let key = try #require(answer["key"]?.objectValue)
            #expect(key["x"] == .text(vector.key.x))
            #expect(key["y"] == vector.key.y.map { .text($0) })
            #expect(key["curve"]?.textValue?.lowercased().replacing("-", with: "") == vector.key.kind)
        }
    }

    @Test(arguments: [CredentialVectors.cwt, .c509].flatMap(\.refused))
    func whatIsNoneIsRefused(vector: CredentialVectors.Refused) {
        let line: JSONObject = [
            "op": "decode", "cred": .text(vector.input), "cred_fmt": .integer(Int64(vector.format)),
        ]
        let answer = Workbench().answer(line.bytes)
        #expect(answer["error"] == "decode")
        #expect(answer["detail"]?.textValue?.hasPrefix("read as ") == true)
    }

    @Test func timeIsJudgedIfItIsGiven() throws {
        let vector = try #require(CredentialVectors.c509.credentials.first { $0.name == "expired" })
        let last = try #require(vector.notAfter)
        let line: JSONObject = ["op": "decode", "cred": .text(vector.input)]
        #expect(Workbench().outcome(line) == "ok")
        #expect(Workbench().outcome(line.with(["valid_at": .integer(last)])) == "ok")
        let late = Workbench().answer(line.with(["valid_at": .integer(last + 1)]).bytes)
        #expect(late["detail"] == "read as c5c, the credential has expired")
    }

    @Test func whatIsLikeNoCredentialIsSaidToBe() {
        for cred in ["", "00", "ff", "80", "8100", "2d2d2d2d", "d8"] {
            let answer = Workbench().answer((["op": "decode", "cred": .text(cred)] as JSONObject).bytes)
            #expect(answer["error"] == "decode", "\(cred)")
        }
    }

    @Test func aLineHasAMessageOrACredential() throws {
        let vector = try #require(Self.vectors.first)
        #expect(Workbench().outcome(["op": "decode"]) == "field")
        #expect(Workbench().outcome(["op": "decode", "cred": .text(vector.input), "message": "40010001"]) == "field")
    }

    /// A member whose key does not fit is named.
    @Test func aMisfitIsNamedWithItsMember() throws {
        let vector = try Sample.vector(Sample.groupRequest)
        let other = try #require(CredentialVectors.cwt.credentials.first { $0.name == "CCS with X25519" })
        // Its own, where it protects; another's, where that is to be verified.
        for line in [vector.protect, vector.unprotect] {
            let line = line.withMembers { member in
                guard member["id"] == "25" else { return member }
                let key = member["private_key"].map { _ in JSONValue.text(other.key.private ?? "") }
                return member.with(["cred": .text(other.input), "private_key": key])
            }
            let answer = Workbench().answer(line.bytes)
            #expect(answer["error"] == "context")
            #expect(
                answer["detail"]
                    == .text(
                        "\"cred\" of member 25: it has a key of kind X25519, which cannot sign with the group's EdDSA"
                    ))
        }
    }

    /// A format of its own needs a reader that has it, and says so.
    @Test func x509NeedsAReaderThatHasIt() throws {
        let vector = try #require(CredentialVectors.x509.credentials.first)
        let answer = Workbench().answer((["op": "decode", "cred": .text(vector.input)] as JSONObject).bytes)
        #expect(answer["detail"] == "read as x5chain, the credential is of a format that is not available here")
    }

    /// The same vectors with the same keys in tagged claims sets: nothing on the wire changes.
    @Test(.requirement("GOSC-0059"), arguments: ["d83d", "d90259"])
    func tagsInAContextChangeNothing(tag: String) throws {
        let vector = try Sample.vector(Sample.groupRequest)
        var context = try #require(vector.protect["context"]?.objectValue)
        let members = try #require(context["members"]?.arrayValue).compactMap(\.objectValue)
        context = context.with([
            "gm_cred": .text(tag + (context["gm_cred"]?.textValue ?? "")),
            "members": .array(
                members.map { .object($0.with(["cred": .text(tag + ($0["cred"]?.textValue ?? ""))])) }),
        ])
        let plain = Workbench().answer(vector.protect.bytes)
        #expect(plain["message"] == .text(vector.protected))
        let tagged = Workbench().answer(vector.protect.with(["context": .object(context)]).bytes)
        #expect(tagged["message"] == plain["message"])
    }
}
