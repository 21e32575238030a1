import Testing

/// What holds for every envelope, whatever it was made from.
enum EnvelopeRules {
    private static let tagLimits: [String: Int] = [
        "ai.operation.id": 128, "ai.operation.name": 1024, "ai.operation.parentId": 512,
        "ai.operation.syntheticSource": 1024, "ai.user.id": 1024, "ai.user.authUserId": 1024,
        "ai.user.userAgent": 2048, "ai.application.ver": 1024, "ai.cloud.role": 256,
        "ai.cloud.roleInstance": 256, "ai.internal.sdkVersion": 64, "ai.session.id": 64,
        "ai.device.id": 1024, "ai.device.model": 256, "ai.device.oemName": 256,
        "ai.device.type": 64, "ai.device.locale": 64, "ai.location.ip": 46,
        "ai.internal.nodeName": 256,
    ]

    /// The fields of each kind that are texts, with their limits.
    private static let fieldLimits: [String: [String: Int]] = [
        "RequestData": [
            "id": 512, "name": 1024, "responseCode": 1024, "source": 1024, "url": 2048,
            "duration": 16,
        ],
        "RemoteDependencyData": [
            "id": 512, "name": 1024, "resultCode": 1024, "target": 1024, "type": 1024,
            "data": 8192, "duration": 16,
        ],
        "ExceptionData": [:],
        "MessageData": ["message": 32768],
        "EventData": ["name": 512],
        "MetricData": [:],
        "AvailabilityData": [
            "id": 512, "name": 1024, "duration": 64, "runLocation": 1024, "message": 8192,
        ],
    ]
    private static let otherFields: Set<String> = [
        "ver", "success", "properties", "measurements", "severityLevel", "exceptions", "metrics",
    ]
    private static let elementLimits = [
        "typeName": 1024, "message": 32768, "stack": 32768, "name": 1024, "ns": 256,
    ]

    /// The first rule that the envelope breaks, as text; `nil` if it keeps them all.
    static func broken(by json: StrictJSON) -> String? {
        for member in json.members ?? [] {
            switch (member.key, member.value) {
            case ("name", .string), ("time", .string), ("iKey", .string), ("tags", .object),
                ("data", .object):
                break
            case ("sampleRate", .number(let rate, _)) where rate > 0 && rate <= 100: break
            default: return "member \(member.key)"
            }
        }
        for tag in json["tags"]?.members ?? [] {
            guard let text = tag.value.string, let limit = Self.tagLimits[tag.key],
                text.utf16.count <= limit
            else { return "tag \(tag.key)" }
        }
        guard let kind = json["data"]?["baseType"]?.string, let data = json["data"]?["baseData"],
            let limits = Self.fieldLimits[kind], data["ver"] == .number(2, text: "2")
        else { return "data" }
        for field in data.members ?? [] where !Self.otherFields.contains(field.key) {
            guard let text = field.value.string, let limit = limits[field.key],
                text.utf16.count <= limit
            else { return "field \(field.key) of \(kind)" }
        }
        for element in (data["exceptions"] ?? data["metrics"])?.array ?? [] {
            for field in element.members ?? [] {
                guard let text = field.value.string else { continue }
                guard let limit = Self.elementLimits[field.key], text.utf16.count <= limit else {
                    return "element's \(field.key)"
                }
            }
        }
        for property in data["properties"]?.members ?? [] {
            let limit = property.key.hasPrefix("gen_ai.") ? 262_144 : 8192
            guard let text = property.value.string, text.utf16.count <= limit,
                !property.key.isEmpty, property.key.utf16.count <= 150
            else { return "property \(property.key)" }
        }
        for measurement in data["measurements"]?.members ?? [] {
            guard measurement.value.number != nil, !measurement.key.isEmpty,
                measurement.key.utf16.count <= 150
            else { return "measurement \(measurement.key)" }
        }
        return nil
    }
}
