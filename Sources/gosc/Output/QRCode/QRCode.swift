/// A QR code (ISO/IEC 18004): a square of dark and light modules.
struct QRCode: Hashable {
    /// Modules on a side, without the quiet zone: 21 to 177.
    let width: Int
    /// Row by row from above, each from the left.
    private let isDark: [Bool]

    /// - Parameter isDark: Row by row; `width` times `width`.
    init(width: Int, isDark: [Bool]) {
        precondition(isDark.count == width * width)
        self.width = width
        self.isDark = isDark
    }

    /// Whether a module is dark; all those outside of the code are light.
    func isDark(row: Int, column: Int) -> Bool {
        guard (0..<width).contains(row), (0..<width).contains(column) else { return false }
        return isDark[row * width + column]
    }
}
