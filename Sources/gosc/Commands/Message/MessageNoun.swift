import ArgumentParser

struct MessageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "message", abstract: "Protect, unprotect, check, decode and explain single messages.",
        discussion: """
            A message is described by a JSON object: its context with the keys, who is concerned, and the CoAP message \
            in hex. Keys are secrets, so the object comes from a file or from standard input, never from an argument. \
            Nothing is sent, and nothing is kept without --state. The page docs/message.md describes the objects.
            """,
        subcommands: [
            MessageProtect.self, MessageUnprotect.self, MessageCheck.self, MessageDecode.self, MessageExplain.self,
            MessageDerive.self, MessageBatch.self,
        ])
}
