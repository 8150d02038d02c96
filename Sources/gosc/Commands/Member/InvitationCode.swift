import Foundation

/// The QR code of an invitation, for whoever carries it to a node with a camera. As secret as the text.
enum InvitationCode {
    /// Whether whoever asks for an invitation gets its code, too, without having said so: a person who looks at a
    /// terminal that can show it, never a program or a file.
    static func isExpected(by printer: Printer) -> Bool {
        StandardStream.output.isTerminal && !printer.isQuiet
            && TerminalText.isUTF8(ProcessInfo.processInfo.environment)
    }

    /// Prints the code on standard output, or says in a notice why there is none.
    ///
    /// - Throws: ``CommandFailure`` when the device refuses it.
    static func show(_ invitation: String, printer: Printer) throws(CommandFailure) {
        guard QRCode.isAvailable else {
            return printer.notice("no QR code: this gosc was built without libqrencode")
        }
        guard let code = QRCode(encoding: invitation) else {
            return printer.notice("no QR code: the invitation is too long for one")
        }
        let needed = QRDrawing.columns(of: code)
        // Lines that are broken make no code.
        if let columns = StandardStream.output.columns, columns < needed {
            return printer.notice("no QR code: it needs \(needed) columns, and this terminal has \(columns)")
        }
        let drawing = QRDrawing(
            wantsColours: printer.style.isOn, environment: ProcessInfo.processInfo.environment)
        try StandardStream.output.write(drawing.text(of: code))
    }
}
