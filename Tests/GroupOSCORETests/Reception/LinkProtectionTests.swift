import GroupOSCORE
import TestSupport
import Testing

struct LinkProtectionTests {
    @Test(.requirement("GOSC-0288", "GOSC-0290", "OSC-0093"))
    func everyProtectionIsWrittenAndReadBack() {
        #expect(LinkProtection.unstated.targetAttributes == "")
        #expect(LinkProtection.oscore.targetAttributes == ";osc")
        #expect(LinkProtection.groupOSCORE.targetAttributes == ";gosc;osc")
        for protection in [LinkProtection.unstated, .oscore, .groupOSCORE] {
            #expect(LinkProtection(targetAttributes: protection.targetAttributes) == protection)
        }
    }

    @Test(
        .requirement("GOSC-0289", "GOSC-0290", "OSC-0093"),
        arguments: [
            (";gosc=1", LinkProtection.groupOSCORE), (";gosc;gosc", .groupOSCORE), (";osc;gosc", .groupOSCORE),
            (";gosc;osc", .groupOSCORE), (";gosc", .groupOSCORE), ("gosc", .groupOSCORE), (";osc=\"x\"", .oscore),
            (";osc;osc", .oscore), (";rt=\"light\"; osc ;if=\"a;gosc;b\"", .oscore),
            (";title=\"\\\";gosc\"", .unstated),
            (";oscore;goscore;Osc", .unstated), ("", .unstated), (";;;", .unstated), (";rt=\"gosc", .unstated),
            (";rt=\"a\";ct=40;gosc", .groupOSCORE),
        ] as [(String, LinkProtection)])
    func attributesAreFoundAmongOthers(text: String, protection: LinkProtection) {
        #expect(LinkProtection(targetAttributes: text) == protection)
    }
}
