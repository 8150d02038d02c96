/// A JSON value (RFC 8259) as lines carry it: integers are exact, the members of an object keep their order.
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A number that is no integer of 64 bits. Nothing here takes one, so only its presence is kept.
    case otherNumber
    case text(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// The members of a JSON object, each name once, in the order in which they were written.
public struct JSONObject: Hashable, Sendable {
    /// A name and its value.
    public struct Member: Hashable, Sendable {
        public var name: String
        public var value: JSONValue
    }

    /// In order.
    public private(set) var members: [Member]

    /// Takes members whose names differ.
    init(_ members: [Member] = []) {
        self.members = members
    }

    /// The value of a member; `nil` where it is absent. Objects here have a dozen members: a walk is as fast as a table.
    public subscript(_ name: String) -> JSONValue? {
        members.first { $0.name == name }?.value
    }

    /// Adds a member behind the others; the caller sees to it that the name is new.
    mutating func append(_ name: String, _ value: JSONValue) {
        members.append(Member(name: name, value: value))
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements.map { Member(name: $0, value: $1) })
    }
}

extension JSONValue {
    /// The content, if this is a text.
    public var textValue: String? {
        if case .text(let text) = self { text } else { nil }
    }

    /// The content, if this is an object.
    public var objectValue: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// The items, if this is an array.
    public var arrayValue: [JSONValue]? {
        if case .array(let items) = self { items } else { nil }
    }

    /// The content, if this is a truth value.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The content, if this is an integer.
    public var integerValue: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }
}
