import MessageWorkbench

/// An answer of the message workbench for people: names and values, one a line, inner objects indented.
struct MessageText {
    private(set) var text = ""

    init(_ answer: JSONObject) {
        let shown = answer.members.filter { $0.name != "ok" }
        // The message alone can be piped on.
        if shown.count == 1, let only = shown.first?.value.textValue {
            text = only.printable + "\n"
        } else {
            for member in shown { add(member.name, member.value, indentation: "") }
        }
    }

    private mutating func add(_ name: String, _ value: JSONValue, indentation: String) {
        let name = name.replacing("_", with: " ")
        switch value {
        case .object(let object):
            text += indentation + name.printable + "\n"
            add(object, indentation: indentation + "  ")
        case .array(let items):
            text += indentation + name.printable + "\n"
            for item in items {
                guard let object = item.objectValue else { continue }
                add(item: object, indentation: indentation + "  ")
            }
        default:
            let shown = Self.times.contains(name) ? Self.moment(value) : Self.scalar(value)
            text += indentation + name.printable + "  " + shown + "\n"
        }
    }

    private mutating func add(_ object: JSONObject, indentation: String) {
        for member in object.members { add(member.name, member.value, indentation: indentation) }
    }

    /// An element of a list: what names it, and below that the rest.
    private mutating func add(item: JSONObject, indentation: String) {
        guard let first = item.members.first else { return }
        let heading = item["name"] ?? first.value
        text += indentation + Self.scalar(heading) + "\n"
        for member in item.members where member.value != heading {
            // A secret that is not shown: how long it is says enough.
            guard member.name != "bytes" || member.value != .null else { continue }
            if member.name == "redacted" {
                text += indentation + "  secret, not shown; --reveal shows it\n"
            } else {
                add(member.name, member.value, indentation: indentation + "  ")
            }
        }
    }

    private static let times: Set = ["not before", "not after"]

    /// Unix seconds as people read them.
    private static func moment(_ value: JSONValue) -> String {
        guard let seconds = value.integerValue else { return scalar(value) }
        return "\(Moment.text(Double(seconds))) (\(seconds))"
    }

    private static func scalar(_ value: JSONValue) -> String {
        switch value {
        case .text(let text): text.isEmpty ? "(empty)" : text.printable
        case .null: "–"
        default: value.line
        }
    }
}
