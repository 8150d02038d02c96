import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct RequestModeTests {
    @Test(.requirement("GOSC-0185", "GOSC-0248", "GOSC-0347", "GOSC-0348"))
    func theAudienceChoosesTheMode() throws {
        let member = TestGroup.server
        for (suite, forAll, forOne) in [
            ("A", RequestMode.group, RequestMode.pairwise(with: member)), ("E", .group, .group),
            ("F", nil, .pairwise(with: member)),
        ] as [(String, RequestMode?, RequestMode?)] {
            let algorithms = GroupAlgorithms(try GroupVectors.suite(suite))
            #expect(RequestMode(for: .group, algorithms: algorithms) == forAll, "suite \(suite)")
            #expect(RequestMode(for: .member(member), algorithms: algorithms) == forOne, "suite \(suite)")
        }
    }

    @Test(.requirement("GOSC-0185", "GOSC-0248", "GOSC-0347", "GOSC-0348"))
    func requestsAreProtectedInTheModeOfTheirAudience() throws {
        let server = TestGroup.server
        let both = try GroupContext.suiteA(member: "25")
        #expect(try both.protectRequest(.on, for: .group).0.fields.isGroupMode)
        #expect(try !both.protectRequest(.on, for: .member(server)).0.fields.isGroupMode)
        let groupOnly = try GroupContext.vectors("E", member: "25")
        #expect(try groupOnly.protectRequest(.on, for: .member(server)).0.fields.isGroupMode)
        let pairwiseOnly = try GroupContext.vectors("F", member: "25")
        #expect(throws: ProtectionError.modeUnavailable) { try pairwiseOnly.protectRequest(.on, for: .group) }
    }

    /// It reaches everybody; the others cannot read it, and say nothing.
    @Test(.requirement("GOSC-0249"))
    func aPairwiseRequestToManyIsAnsweredByOne() throws {
        let client = try GroupContext.suiteA(member: "25")
        let (request, binding) = try client.protectRequest(.on, for: .member(TestGroup.server))
        let other = try GroupContext.suiteA(member: "77")
        #expect(try other.judged(request) == "decryption")
        #expect(OSCOREErrorResponse.response(to: .decryption, mayBeGroupRequest: true) == nil)
        let server = try GroupContext.suiteA(member: "52")
        var served = try server.received(request).binding
        let response = try server.protectPairwiseResponse(.done, to: &served)
        #expect(try client.answered(response, to: binding).sender == TestGroup.server)
    }
}
