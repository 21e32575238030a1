extension DeveloperTool {
    /// A token that a program printed, after a look at it.
    func token(_ text: String, expiresOn: Int64) throws(CredentialError) -> AccessToken {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw self.error(.failed, "\(self.program) printed something else than a token.")
        }
        guard expiresOn > self.context.now() else {
            throw self.error(
                .failed,
                "\(self.program) printed a token that has expired. Check the clock of this machine."
            )
        }
        return AccessToken(token: text, expiresOn: expiresOn, credential: self.credential)
    }
}
