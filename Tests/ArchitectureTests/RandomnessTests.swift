import Foundation
import TestSupport
import Testing

/// Where nonces and identifiers come from.
struct RandomnessTests {
    /// The core draws what it needs from the generator that it is given. The shell of the manager gives it that of the
    /// system, and nothing there counts: so no nonce comes again after a restart, or when state is lost.
    @Test(.requirement("GM-0075"))
    func theManagerDrawsFromTheGeneratorOfTheSystem() throws {
        var draws = 0
        for target in ["GroupManager", "MemberNode", "ACEGroupcomm"] {
            for file in try Checkout.swiftFiles(of: target) {
                let text = try String(contentsOf: file, encoding: .utf8)
                let path = Checkout.relativePath(of: file)
                draws += text.components(separatedBy: "random.bytes(").count - 1
                // One of the test guards answers where it must be silent; it is in no release.
                guard path != "Sources/MemberNode/Engine/NodeEngine+Receive.swift" else { continue }
                #expect(!text.contains("SystemRandomNumberGenerator") && !text.contains("SecureRandom("), "\(path)")
            }
        }
        #expect(draws >= 10)
        var generators = 0
        for file in try Checkout.swiftFiles(of: "ServiceShell") {
            let text = try String(contentsOf: file, encoding: .utf8)
            generators += text.components(separatedBy: "var random = SecureRandom()").count - 1
            #expect(!text.contains("SystemRandomNumberGenerator"), "\(file.lastPathComponent)")
        }
        #expect(generators >= 2)
        let generator = try Checkout.text("Sources/CryptoPrimitives/SecureRandom.swift")
        #expect(generator.contains("randombytes_buf(") && !generator.contains("counter"))
    }
}
