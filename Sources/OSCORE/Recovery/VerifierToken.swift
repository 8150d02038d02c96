/// Stands for one Recipient Context, as long as anybody remembers it: what that context verified carries its token, so that
/// no other one can be asked to accept it.
///
/// Compared by identity; a reference keeps it alive, so that no later token can take its place.
package final class VerifierToken: Sendable {
    package init() {}
}
