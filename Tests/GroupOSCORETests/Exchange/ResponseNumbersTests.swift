import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct ResponseNumbersTests {
    private let server = TestGroup.server
    private let other = TestGroup.otherServer

    @Test(.requirement("GOSC-0170", "GOSC-0173", "GOSC-0175"))
    func theStrictPolicyAcceptsGrowingNumbersOnly() {
        var numbers = ResponseNumbers(policy: .strict)
        #expect(admit(&numbers, [5, 9, 7, 9]) == [.freshest, .freshest, .refused, .refused])
        #expect(numbers.number(of: server)?.value == 9)
    }

    @Test(.requirement("GOSC-0170", "GOSC-0172", "GOSC-0174", "GOSC-0176"))
    func thePermissivePolicyAcceptsUnseenOnesInItsWindow() {
        var numbers = ResponseNumbers(policy: .permissive(windowSize: 4))
        #expect(admit(&numbers, [5, 9, 7, 7, 9, 5]) == [.freshest, .freshest, .older, .refused, .refused, .refused])
        #expect(admit(&numbers, [20, 16, 17]) == [.freshest, .refused, .older])
        #expect(numbers.number(of: server)?.value == 20)
    }

    @Test(.requirement("GOSC-0171", "GOSC-0353"))
    func aResponseWithoutPartialIVIsTheOldestAndComesOnce() {
        var strict = ResponseNumbers(policy: .strict)
        #expect(admit(&strict, [nil, nil]) == [.freshest, .refused])
        #expect(strict.number(of: server) == nil)
        #expect(admit(&strict, [5, 5, nil, 3]) == [.freshest, .refused, .refused, .refused])
        var late = ResponseNumbers(policy: .strict)
        #expect(admit(&late, [5, nil]) == [.freshest, .refused])
        var permissive = ResponseNumbers(policy: .permissive(windowSize: 32))
        #expect(admit(&permissive, [5, nil, nil, 3]) == [.freshest, .older, .refused, .older])
    }

    @Test(.requirement("GOSC-0160"))
    func everyServerHasItsOwnNumber() {
        var numbers = ResponseNumbers()
        #expect(admit(&numbers, [40]) == [.freshest])
        let verdict = numbers.admit(PartialIV(3), from: other)
        #expect(verdict == .freshest)
        #expect(numbers.number(of: server)?.value == 40)
        #expect(numbers.number(of: other)?.value == 3)
    }

    @Test(.requirement("GOSC-0109", "GOSC-0172"), arguments: [.strict, .permissive(windowSize: 8)] as [Policy])
    func aNewSecurityContextStartsTheNumbersAgain(policy: ResponseNumbers.Policy) {
        var numbers = ResponseNumbers(policy: policy)
        #expect(admit(&numbers, [nil, 40]) == [.freshest, .freshest])
        numbers.reset()
        #expect(numbers.number(of: server) == nil)
        #expect(admit(&numbers, [nil]) == [.refused], "once in the whole exchange")
        #expect(admit(&numbers, [0, 40, nil]) == [.freshest, .freshest, .refused])
    }

    typealias Policy = ResponseNumbers.Policy

    /// Against a model that remembers everything.
    @Test(.requirement("GOSC-0172", "GOSC-0174", "GOSC-0176"), arguments: 0..<20)
    func randomSequencesAreJudgedAsASetWouldDo(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for size in [2, 5, 64] {
            var numbers = ResponseNumbers(policy: .permissive(windowSize: size))
            var seen: Set<UInt64> = []
            for _ in 0..<300 {
                let next = UInt64.random(in: 0..<200, using: &random)
                let highest = seen.max()
                let expected: ResponseNumbers.Verdict =
                    if seen.contains(next) || next + UInt64(size) <= highest ?? 0 {
                        .refused
                    } else if let highest, next < highest {
                        .older
                    } else {
                        .freshest
                    }
                let verdict = numbers.admit(PartialIV(next), from: server)
                #expect(verdict == expected, "seed \(seed), window \(size), \(next) after \(highest ?? 0)")
                if verdict != .refused { seen.insert(next) }
                #expect(numbers.number(of: server)?.value == seen.max())
            }
        }
    }

    private func admit(_ numbers: inout ResponseNumbers, _ partialIVs: [UInt64?]) -> [ResponseNumbers.Verdict] {
        partialIVs.map { value in numbers.admit(value.flatMap { PartialIV($0) }, from: server) }
    }
}
