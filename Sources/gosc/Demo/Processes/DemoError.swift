/// Why the demo, or one act of it, cannot go on: one line that names the object.
struct DemoError: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
