import Foundation
import TestSupport
import Testing

/// The quick start of the README, as it stands there.
@Suite(.namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct QuickStartProcessTests {
    @Test func quickStartWorksLineByLine() throws {
        let gosc = try GoscProgram()
        let session = try PageSession("README.md", "quick start", with: gosc)
        let text = session.text
        #expect(session.lines.count { $0.hasPrefix("gosc ") } >= 10)
        #expect(session.exitCode == 0, "\(text)")
        #expect(text.contains("1 of 1 responder of demo-lights did it"), "\(text)")
        #expect(text.contains(#/\nlamp-1 +00 +2\.04 .* on\n/#), "\(text)")
        #expect(!FileManager.default.fileExists(atPath: gosc.folder.appending(path: "gosc-try").path))
    }
}
