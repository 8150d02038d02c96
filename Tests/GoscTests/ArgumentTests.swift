import ACEGroupcomm
import Bytes
import Testing

@testable import gosc

struct ArgumentTests {
    @Test(arguments: [
        ("500ms", 500), ("5s", 5000), ("15m", 900_000), ("24h", 86_400_000), ("7d", 604_800_000), ("0s", 0),
        ("5", 5000), ("0", 0),
    ])
    func timeSpanIsANumberAndAUnitOrSeconds(text: String, milliseconds: UInt64) throws {
        let span = try #require(TimeSpan(argument: text))
        #expect(span.milliseconds == milliseconds)
        #expect(TimeSpan(argument: span.description) == span)
    }

    @Test(arguments: ["", "s", "-5s", "5 s", "5S", "1.5s", "5w", "٥s", "18446744073709551615d", "36601d"])
    func anythingElseIsNoTimeSpan(text: String) {
        #expect(TimeSpan(argument: text) == nil)
    }

    @Test func secondsAreRoundedUp() {
        #expect(TimeSpan(argument: "1001ms")?.seconds == 2)
        #expect(TimeSpan(argument: "2s")?.seconds == 2)
    }

    @Test(arguments: [("[::1]:5684", "[::1]:5684"), ("[fd00::1]", "[fd00::1]:5683")])
    func endpointIsAnAddressAndAPort(text: String, endpoint: String) {
        #expect(EndpointArgument(argument: text)?.text == endpoint)
    }

    @Test(arguments: [
        "", "::1", "::1:5683", "host:5683", "[ff05::1]:5683", "[fe80::1%eth0]:5683", "[fe80::1]:5683", "[::]:5683",
        "[::1]:0", "[::1]:70000", "[::1]:5683/path", "[::1]:5683?a",
    ])
    func whatNoNodeCouldReachIsNoEndpoint(text: String) {
        #expect(EndpointArgument(argument: text) == nil)
    }

    @Test(arguments: [("light", ["light"]), ("/light", ["light"]), ("room/light", ["room", "light"])])
    func resourceIsAPath(text: String, path: [String]) {
        #expect(ResourceArgument(argument: text)?.path == path)
    }

    @Test(arguments: ["", "/", "//light", "light/", "a/../b", ".", String(repeating: "x", count: 256)])
    func resourceHasNoEmptyAndNoDotSegments(text: String) {
        #expect(ResourceArgument(argument: text) == nil)
    }

    @Test func memberIsANameOrOneOfThoseWhoHadIt() {
        for text in ["lamp", "lamp.1", "lamp.23"] { #expect(MemberArgument(argument: text)?.text == text) }
        for text in ["", "Lamp", "lamp.", "lamp.0", "lamp.01", ".1", "lamp.1.1", "-lamp.1"] {
            #expect(MemberArgument(argument: text) == nil, "\(text)")
        }
    }

    @Test(arguments: ["requester", "responder", "requester,responder", "monitor"])
    func rolesAreNames(text: String) {
        #expect(RolesArgument(argument: text)?.roles.description == text)
    }

    @Test(arguments: ["", "lamp", "requester,", "monitor,responder", "verifier"])
    func rolesThatCannotJoinAreRefused(text: String) {
        #expect(RolesArgument(argument: text) == nil)
    }

    @Test(arguments: [
        (Duration.microseconds(2910), "2.91 ms"), (.milliseconds(999), "999.00 ms"), (.milliseconds(1205), "1.21 s"),
    ])
    func durationsAreShownInMillisecondsOrSeconds(duration: Duration, text: String) {
        #expect(duration.shown == text)
    }
}
