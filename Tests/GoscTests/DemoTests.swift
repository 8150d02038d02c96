import Bytes
import Foundation
import Testing

@testable import gosc

struct DemoTests {
    @Test func groupOfTheDemoIsTheOneInTheRepository() throws {
        let file = GroupFileTests.folder.appending(path: "demo-lights.yaml")
        #expect(try DemoGroup.file == String(contentsOf: file, encoding: .utf8))
    }

    @Test(arguments: [1, 8, 50, 100])
    func groupIsDescribedForAnyNumberOfLamps(lamps: Int) throws {
        let group = try GroupFile(parsing: DemoGroup.description(lamps: lamps, address: nil), path: "demo")
        #expect(group.members.map(\.name) == ["switch"] + (1...lamps).map { "lamp-\($0)" })
        #expect(group.maximumGroupSize >= UInt64(lamps) + 2)
        #expect(group.address == nil)
    }

    @Test func addressOfTheGroupCanBeChosen() throws {
        let address = try #require(IPv6Address("ff31:30:fd00:676f:7363:0:8000:1"))
        let group = try GroupFile(parsing: DemoGroup.description(lamps: 1, address: address), path: "demo")
        #expect(group.address == address)
    }

    @Test func percentilesAreTheNearestRank() {
        let latencies = Latencies(milliseconds: [4, 1, 3, 2])
        #expect(latencies.percentile(50) == 2)
        #expect(latencies.percentile(99) == 4)
        #expect(latencies.spread == 3)
        #expect(Latencies(milliseconds: [7]).percentile(50) == 7)
        #expect(Latencies(milliseconds: []).percentile(50) == nil)
        #expect(Latencies(milliseconds: []).spread == nil)
    }

    @Test func findingHoldsOnlyIfEachLampIsAsExpected() {
        var findings = Findings()
        #expect(!findings.passed, "an act that has looked at nothing has shown nothing")
        findings.expectOfEach("counter", 1, seen: [("lamp-1", 1), ("lamp-2", 1)])
        #expect(findings.passed)
        findings.expectOfEach("counter", 1, seen: [("lamp-1", 1), ("lamp-2", 0)])
        #expect(!findings.passed)
        #expect(findings.checks.last?.seen == "+0 at lamp-2")
    }

    @Test func findingOfNoLampDoesNotHold() {
        var findings = Findings()
        findings.expectOfEach("counter", 0, seen: [])
        #expect(!findings.passed)
    }

    @Test func attackerChangesMessageIDAndTokenOnly() {
        var random = SystemRandomNumberGenerator()
        let genuine: [UInt8] = [0x52, 0x02, 1, 2, 3, 4, 5, 6, 7]
        var changed = genuine
        for _ in 0..<20 where changed[2..<6] == genuine[2..<6] {
            AttackerCommand.rewriteHeader(&changed, random: &random)
        }
        #expect(changed[..<2] == genuine[..<2])
        #expect(changed[2..<6] != genuine[2..<6])
        #expect(changed[6...] == genuine[6...])
    }

    @Test(arguments: [[], [0x58], [0x58, 2, 0, 0], [0x5f, 2, 0, 0, 9]] as [[UInt8]])
    func attackerTakesDatagramsOfAnyLength(datagram: [UInt8]) {
        var random = SystemRandomNumberGenerator()
        var changed = datagram
        AttackerCommand.rewriteHeader(&changed, random: &random)
        #expect(changed.count == datagram.count)
    }

    @Test func noiseHasEmptyDatagramsAndEveryTruncationButNothingGenuine() {
        var random = SystemRandomNumberGenerator()
        let genuine: [UInt8] = [0x52, 0x02, 1, 2, 0xaa, 0xbb] + (10..<60)
        let noise = Noise.make(from: genuine, random: &random)
        #expect(noise.contains([]))
        for length in 1..<genuine.count { #expect(noise.contains { $0.count == length }) }
        // Message ID and Token do not count: with others it is the same message.
        #expect(!noise.contains { $0.count == genuine.count && $0.dropFirst(6) == genuine.dropFirst(6) })
        let numbered = noise.filter { $0.count >= 4 }
        #expect(Set(numbered.map { [$0[2], $0[3]] }).count == numbered.count)
    }
}
