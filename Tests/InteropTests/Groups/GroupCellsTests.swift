import TestSupport
import Testing

/// The cells of the interoperability scenario, played live, each with its negative twin: the same exchange with a member
/// whose credential is another one in the verifier's context. What is asked is `POST /echo`: aiocoap takes shorter messages
/// for cut ones with some pairs of algorithms, see docs/interop.md.
@Suite(.aiocoapPresent, .namespacePermitted, .printingCells)
enum GroupCellsProcessTests {
    static let text = "Hello World!"
    /// What a member answers.
    static func answer(of member: String, _ mode: GroupCells.Mode) -> GroupResponse {
        GroupResponse(member, mode, "2.04", text)
    }
}
