/// The number in a text of Microsoft Entra that begins `AADSTS…:`.
///
/// | Number  | Remedy                                               |
/// | ------- | ---------------------------------------------------- |
/// | 7000215 | the secret's value was taken for its id, or is wrong |
/// | 7000222 | the secret has expired                               |
/// | 700016  | no such application in the tenant                    |
/// | 90002   | no such tenant                                       |
/// | 700024  | an assertion outside of its time: the clock is wrong |
/// | 700027  | the certificate is not registered                    |
/// | 70021, 700213 | no federated identity fits the token           |
/// | 500011  | the scope names nothing that the tenant knows        |
///
/// - SeeAlso: [Error codes](https://learn.microsoft.com/entra/identity-platform/reference-error-codes)
struct EntraErrorNumber: Hashable {
    let value: Int

    init?(in description: String) {
        let prefix = "AADSTS"
        guard description.hasPrefix(prefix),
            let value = Int(
                description.dropFirst(prefix.count).prefix { $0.isASCII && $0.isNumber }
            )
        else { return nil }
        self.value = value
    }

    /// What to do about it; `nil` if the text itself must do.
    var remedy: String? {
        switch self.value {
        case 7_000_215: "Use the secret's value, not its id."
        case 7_000_222: "The secret has expired; make a new one."
        case 700_016: "Check the client id, and that it belongs to this tenant and cloud."
        case 90_002: "Check the tenant id, and that it belongs to this cloud."
        case 700_024: "Check the clock of this machine."
        case 700_027: "Register the certificate with the application."
        case 70_021, 700_213: "Add a federated credential for this workload to the application."
        case 500_011: "Check AADAudience in the connection string, and the cloud."
        default: nil
        }
    }
}
