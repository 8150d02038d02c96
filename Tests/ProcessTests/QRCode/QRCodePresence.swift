import Testing

@testable import gosc

/// Whether the command was built with QR codes. In a file of its own: what the command declares has names that tests use, too.
enum QRCodePresence {
    static let isThere = QRCode.isAvailable
}

extension Trait where Self == ConditionTrait {
    /// Skips where it was not, and says so.
    static var qrCodePresent: Self {
        .enabled(if: QRCodePresence.isThere, "built without libqrencode: apt-get install libqrencode-dev")
    }
}
