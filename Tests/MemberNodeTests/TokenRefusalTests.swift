import ACEGroupcomm
import CoAP
import CoAPEngine
import MemberNode
import TestSupport
import Testing

/// An authorization server that gives no token: whether that says anything of the one that the node has.
struct TokenRefusalTests {
    /// What passes with time says nothing.
    @Test(.requirement("GM-0030"), arguments: [Code.serviceUnavailable, .internalServerError, .tooManyRequests])
    func aTokenIsKeptWhenItsServerIsBusy(code: Code) throws {
        let (bench, unit) = try Self.askedAgain(code)
        #expect(unit.store.state.token != nil)
        // It works again.
        bench.manager.requests = []
        bench.run(for: .seconds(120))
        bench.act(unit) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(20))
        // Who is busy is asked the same again by and by; another fault ends the question, and the next begins anew.
        let first = code == .internalServerError ? "POST /authz-info" : "POST /token"
        #expect(bench.manager.requests.first == first)
        #expect(bench.manager.requests.contains("GET /ace-group/lights/kdc-cred"))
    }

    @Test(.requirement("GM-0030"), arguments: [Code.badRequest, .unauthorized, .forbidden])
    func aTokenIsForgottenWhenItsServerStandsByItNoMore(code: Code) throws {
        let (_, unit) = try Self.askedAgain(code)
        #expect(unit.store.state.token == nil)
    }

    /// A node whose manager does not take its token any more, and whose authorization server gives no other.
    private static func askedAgain(_ code: Code) throws -> (Bench, Bench.Unit) {
        let bench = try Bench(seed: 101)
        let unit = try bench.add("lamp", roles: .responder)
        bench.manager.endpoint.protection.forgetClients()
        let refused = ResourceResponse(.unauthorized)
        bench.manager.instead["POST /authz-info"] = [refused, refused]
        bench.manager.instead["POST /token"] = [ResourceResponse(code)]
        bench.manager.requests = []
        bench.act(unit) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(20))
        #expect(bench.manager.requests.contains("POST /token"))
        bench.manager.instead = [:]
        return (bench, unit)
    }
}
