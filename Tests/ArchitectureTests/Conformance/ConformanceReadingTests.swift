import Testing

/// What the conformance table is read from, in every form that the sources use.
struct ConformanceReadingTests {
    @Test func tagsAreFoundWithTheirTests() {
        let source = #"""
            @Suite(.requirement("OSC-0001"))
            struct Outer {
                // @Test(.requirement("OSC-0002")) func commentedOut() {}
                @Test(
                    .requirement("OSC-0003", "OSC-0004"), arguments: ["OSC-0005", "a \(name(")")) b"])
                func first(value: String) { if x { y("{") } }
                @Test func untagged() { let text = ".requirement(\"OSC-0006\")" }
                func helper() {}
                enum Inner {
                    @Test(.requirement("OSC-0007")) func `raw name`() {}
                }
                @Test(.enabled(if: f()), .requirement("OSC-0008", "GM-0001")) static func last() {}
            }
            extension Outer.Other {
                @Test(.requirement("OSC-0009"))
                func ofAnExtension() {}
            }
            @Test(.requirement("OSC-0010")) func free() {}
            """#
        let found = TaggedTest.all(in: source, file: "Tests/SomeTests/File.swift")
        let lines = found.map { "\($0.target).\($0.name) \($0.ids.joined(separator: " "))" }
        #expect(
            lines == [
                "SomeTests.Outer OSC-0001", "SomeTests.Outer/first OSC-0003 OSC-0004",
                "SomeTests.Outer/Inner/`raw name` OSC-0007", "SomeTests.Outer/last OSC-0008 GM-0001",
                "SomeTests.Outer/Other/ofAnExtension OSC-0009", "SomeTests.free OSC-0010",
            ])
    }

    @Test func onlyCommentsMarkCode() {
        let source = #"""
            // OSC-0001: why
            /// As in OSC-0002.
            let text = "OSC-0003 // OSC-0004"
            let pattern = #/OSC-0005 " /#
            /* OSC-0006 /* nested OSC-0007 */ OSC-0008 */ let raw = ##"OSC-0009 "# "##
            let lines = """
                OSC-0010 \(f("// OSC-0011"))
                """ // OSC-0012, GM-0001, GM-00011
            """#
        #expect(
            CodeMarks.ids(inCommentsOf: source)
                == ["OSC-0001", "OSC-0002", "OSC-0006", "OSC-0007", "OSC-0008", "OSC-0012", "GM-0001"])
    }

    @Test func tablesAreReadWithQuotes() throws {
        let table = try CSVTable(parsing: "a,b\n1,\"x, \"\"y\"\"\nz\"\n2,\n")
        #expect(table.rows == [["a": "1", "b": "x, \"y\"\nz"], ["a": "2", "b": ""]])
        #expect(CSVTable.field("x, \"y\"") == "\"x, \"\"y\"\"\"")
        #expect(throws: (any Error).self) { try CSVTable(parsing: "a,b\n1\n") }
        #expect(throws: (any Error).self) { try CSVTable(parsing: "a\n\"1\n") }
    }
}
