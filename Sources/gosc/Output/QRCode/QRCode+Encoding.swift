#if GOSC_QRENCODE
    import CQrencode
#endif

extension QRCode {
    /// Whether this build can make codes: libqrencode was there when it was made (decision 30).
    static var isAvailable: Bool {
        #if GOSC_QRENCODE
            true
        #else
            false
        #endif
    }

    /// The alphabet of alphanumeric mode, in which two characters take 11 bits instead of 16.
    private static let alphanumeric = Set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".utf8)

    /// Makes the smallest code of a text, with error correction of level M: an eighth of it may be unreadable.
    ///
    /// - Parameter text: ASCII; a reader might take other characters for those of another alphabet.
    /// - Returns: `nil` if the text is empty, longer than a code can be (2331 bytes), or if ``isAvailable`` is false.
    init?(encoding text: String) {
        #if GOSC_QRENCODE
            let bytes = Array(text.utf8)
            guard let input = QRinput_new2(0, QR_ECLEVEL_M) else { return nil }
            defer { QRinput_free(input) }
            let mode = bytes.allSatisfy(Self.alphanumeric.contains) ? QR_MODE_AN : QR_MODE_8
            guard QRinput_append(input, mode, Int32(bytes.count), bytes) == 0, let code = QRcode_encodeInput(input)
            else {
                return nil
            }
            defer { QRcode_free(code) }
            let width = Int(code.pointee.width)
            // Bit 0 of a module says that it is dark; the others say what it is for.
            let modules = UnsafeBufferPointer(start: code.pointee.data, count: width * width)
            self.init(width: width, isDark: modules.map { $0 & 1 == 1 })
        #else
            return nil
        #endif
    }
}
