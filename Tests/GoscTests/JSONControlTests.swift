import Foundation
import TestSupport
import Testing

@testable import gosc

/// Whether what a server has sent can steer the terminal that JSON is shown on.
struct JSONControlTests {
    @Test func controlCharactersAreEscapedAndMeanTheSame() throws {
        let hostile = "a\u{1b}[2J\u{7f}\u{9b}31m\u{202e}\u{2028}\u{e0041}é\n\"\\"
        for text in [JSONText.line([hostile]), JSONText.document([hostile])] {
            #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
            #expect(text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .format })
            #expect(try JSONDecoder().decode([String].self, from: Data(text.utf8)) == [hostile])
        }
    }
}
