import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// What a proxy has no business with is protected in a group as well (RFC 8613 §4.1.3.3).
struct GroupProxyTests {
    @Test(.requirement("OSC-0025"), arguments: [true, false])
    func pathAndQueryOfAProxyURIAreProtected(isGroupMode: Bool) throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52")
        var request = Message(code: .get)
        request.options.set(.proxyUri, Array("coap://example.com/resource?q=1".utf8))
        let (sent, _) =
            try isGroupMode ? client.protectRequest(request) : client.protectRequest(request, to: server.ownID)
        #expect(sent.options.first(of: .proxyUri) == Array("coap://example.com".utf8))
        let received = try server.received(sent).message
        #expect(received.options.uriPath == ["resource"])
        #expect(received.options.uriQuery == ["q=1"])
    }
}
