import ACEGroupcomm
import Glibc
import ServiceShell

/// How an invitation reaches this process without being seen.
enum InvitationInput {
    /// Reads and checks an invitation, from a file, standard input, or a prompt on a terminal.
    ///
    /// - Throws: ``CommandFailure`` for what is not a good invitation; nothing has been touched then.
    static func read(file: String?, fromStandardInput: Bool) throws(CommandFailure) -> Invitation {
        let (text, source) = try text(file: file, fromStandardInput: fromStandardInput)
        let invitation = try parse(text, source: source)
        do throws(InvitationError) {
            try invitation.requireUnexpired(at: UnixTime.now.seconds)
        } catch {
            throw CommandFailure(
                .badInput,
                "the invitation of \(invitation.nodeName) to \(invitation.groupName) ended on "
                    + Moment.text(invitation.expiry),
                hint: "ask for a new one: gosc member invite \(invitation.groupName) \(invitation.nodeName) "
                    + "--role \(invitation.roles)")
        }
        return invitation
    }

    /// - Parameter source: Where the text comes from, for errors; never the text itself.
    static func parse(_ text: String, source: String) throws(CommandFailure) -> Invitation {
        do throws(InvitationError) {
            return try Invitation(parsing: text)
        } catch {
            let (what, hint) =
                switch error {
                case .notAnInvitation: ("is not an invitation: one begins with 'gosc1:'", "check what was given")
                case .truncated: ("is cut off: the end of the invitation is missing", "copy it again, as a whole")
                case .mistyped: ("is damaged: some characters of the invitation are wrong", "copy it again")
                case .unsupported, .expired:
                    ("was made by another version of gosc", "use the same version on both sides: gosc version")
                }
            throw CommandFailure(.badInput, "\(source) \(what)", hint: hint)
        }
    }

    private static func text(
        file: String?, fromStandardInput: Bool
    ) throws(CommandFailure) -> (text: String, source: String) {
        if let file { return (try TextFile.read(file, what: "invitation file"), file) }
        if !fromStandardInput, isatty(STDIN_FILENO) == 1 { return (try prompt(), "what was typed") }
        return (try TextFile.read(STDIN_FILENO, name: "standard input"), "standard input")
    }

    /// Reads one line from the terminal without showing it.
    private static func prompt() throws(CommandFailure) -> String {
        StandardStream.error.tryWrite("Invitation (not shown): ")
        var shown = termios()
        let isSet = tcgetattr(STDIN_FILENO, &shown) == 0
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        if isSet { tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) }
        defer {
            if isSet { tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown) }
            StandardStream.error.tryWrite("\n")
        }
        guard let line = readLine() else {
            throw CommandFailure(.badInput, "no invitation was given", hint: "use --invitation-file FILE")
        }
        return line
    }
}
