import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// FETCH /ace-group, and what discovery tells.
struct GroupNamesTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 141)
        manager = fixture.manager
    }

    @Test(.requirement("GM-0171", "GM-0173", "GM-0174", "GM-0175", "GM-0178", "GM-0372", "GM-0374"))
    func gidsBecomeNames() throws {
        let client = try fixture.member("a")
        let answer = try fetch(client, hex("a1008243b1000043ffffff"))
        #expect(answer.code == .content && answer.options.contentFormat == .aceGroupcomm)
        #expect(answer.payload == hex("a3008143b10000018162673702816d2f6163652d67726f75702f6737"))
        let uri = try #require(try answer.map[2]?.arrayItems?.first?.textString)
        #expect(try client.ask(manager, .get, uri).code == .content)
        let nothing = try fetch(client, hex("a1008143ffffff"))
        #expect(nothing.code == .content && nothing.payload == [0x40])
        #expect(nothing.options.contentFormat == .aceGroupcomm)
        // In the order asked for, and a Gid that is asked for twice does no harm.
        let other = try #require(manager.store.groups["g8"]).record.groupID
        let both = try fetch(client, GroupNamesRequest(groupIDs: [other, Fixture.groupID]).encoded()).map
        #expect(both[0] == [.bytes(other), .bytes(Fixture.groupID)])
        #expect(both[1] == ["g8", "g7"])
        #expect(both[2]?.arrayItems?.count == 2)
        let twice = try fetch(client, GroupNamesRequest(groupIDs: [other, other]).encoded())
        #expect(twice.code == .content)
    }

    @Test(.requirement("GM-0175"))
    func aFormerGidIsNone() throws {
        let client = try fixture.member("a")
        try manager.change { snapshot in
            let index = try #require(snapshot.groups.firstIndex { $0.name == "g7" })
            snapshot.groups[index].groupID = hex("b10001")
            snapshot.groups[index].version = 1
        }
        #expect(try fetch(client, hex("a1008143b10000")).payload == [0x40])
        #expect(try fetch(client, hex("a1008143b10001")).map[1] == ["g7"])
    }

    @Test(.requirement("GM-0171", "GM-0172", "GM-0359", "GM-0366"))
    func otherRequestsAreMalformed() throws {
        let client = try fixture.member("a")
        for payload in ["a10080", "a0", "a10043b10000", "a100820102", "a1008143b1000000", "80", "ff", "", "a100f6"] {
            #expect(try fetch(client, hex(payload)).code == .badRequest, "\(payload)")
        }
        for format in [ContentFormat.cbor, .textPlain, nil] {
            let message = TestClient.message(.fetch, "ace-group", hex("a1008143b10000"), format: format)
            #expect(try client.ask(manager, message).code == .unsupportedContentFormat)
        }
        #expect(try fetch(client, hex("a2008143b100001863f5")).code == .content)
    }

    @Test(.requirement("GM-0176"))
    func anyTokenWillDo() throws {
        for (name, scope) in [("v", [("g7", 16)]), ("x", [("g8", 6)]), ("adm", [("g8", 31)])]
            as [(
                String, [(String, UInt64)]
            )]
        {
            let client = try fixture.client(name, scope)
            #expect(try fetch(client, hex("a1008143b10000")).code == .content)
        }
        let stranger = try fixture.stranger("n")
        let message = TestClient.message(.fetch, "ace-group", hex("a1008143b10000"), format: .aceGroupcomm)
        #expect(try stranger.open.askOpenly(manager, message).code == .unauthorized)
    }

    @Test(.requirement("GM-0151", "GM-0167", "GM-0168"))
    func discoveryTellsNamesToThoseWhoHaveRights() throws {
        let stranger = try fixture.stranger("n")
        func open(_ query: [String] = []) throws -> String {
            let answer = try stranger.open.askOpenly(
                manager, TestClient.message(.get, ".well-known/core") { $0.uriQuery = query })
            #expect(answer.code == .content && answer.options.contentFormat == .linkFormat)
            return String(decoding: answer.payload, as: UTF8.self)
        }
        #expect(try !open().contains("g7") && open().contains("</authz-info>"))
        #expect(try open(["if=ace.groups"]).split(separator: ",").count == 1)
        #expect(try open(["rt=core.osc.gm"]) == "")
        #expect(try open(["rt=ace.ai"]).contains("</authz-info>"))
        let client = try fixture.client("a", [("g7", 6), ("sg", 16)])
        let told = try client.ask(manager, .get, ".well-known/core") { $0.uriQuery = ["rt=core.osc.gm"] }
        let text = String(decoding: told.payload, as: UTF8.self)
        #expect(text.contains("</ace-group/g7>") && text.contains("</ace-group/sg>") && !text.contains("g8"))
        #expect(text.contains("ace.group") && !text.contains("ace.groups"))
        // Unless the operator wants everybody to know.
        let advertising = try Fixture(seed: 142) { $0.advertisesGroups = true }
        let answer = try stranger.open.askOpenly(advertising.manager, TestClient.message(.get, ".well-known/core"))
        #expect(String(decoding: answer.payload, as: UTF8.self).contains("</ace-group/g7>"))
    }

    private func fetch(_ client: TestClient, _ payload: [UInt8]) throws -> Message {
        try client.ask(manager, .fetch, "ace-group", payload, format: .aceGroupcomm)
    }
}
