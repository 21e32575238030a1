import TelemetryModel

/// Writes the envelopes of one batch, record after record.
///
/// An envelope's members, in the order of writing:
///
/// | Member       | From                                                                  |
/// | ------------ | --------------------------------------------------------------------- |
/// | `name`       | ``ItemKind``                                                          |
/// | `time`       | start of the span; time of the event, record or point                 |
/// | `sampleRate` | the percentage that the sampler kept, if 0 < rate <= 100; else left out |
/// | `iKey`       | the connection string                                                 |
/// | `tags`       | ``ResourceTags``, the ids of the operation, ``ItemTags``              |
/// | `data`       | the item's data                                                       |
struct EnvelopeWriter: ~Copyable {
    /// Where the envelopes go.
    var json = JSONWriter()

    /// The attributes of the item under way.
    var attributes = SemanticAttributes()

    /// The options.
    let options: EnvelopeOptions

    /// One of the options, which every record asks for.
    let redactsQueries: Bool

    /// What the environment says.
    let environment: MappingEnvironment

    /// The tags of the batch's resource.
    let resourceTags: ResourceTags

    /// The part of every envelope from the key to the tags of the resource, written once.
    private let sharedPart: [UInt8]

    /// What separates the items of one record.
    private let separator: StaticString = ",\n"

    /// Whether `properties` is not empty so far.
    private var hasProperties = false

    /// The size of the largest item of the record under way.
    private(set) var largestItem = 0

    /// Whether the record under way is not to be sent, by design.
    var isOmitted = false
    private var itemStart = 0

    /// What items inherit from the requests they belong to; read once in a batch.
    private var inheritance = Inheritance()

    /// Creates a writer for the batches of `resource`.
    init(resource: Resource, options: EnvelopeOptions, environment: MappingEnvironment) {
        self.options = options
        self.redactsQueries = options.redactsQueries
        self.environment = environment
        self.resourceTags = ResourceTags(
            resource,
            options: options,
            environment: environment
        )
        var json = JSONWriter()
        json.raw(#","iKey":"#)
        json.string(options.instrumentationKey, limit: 40)
        json.raw(#","tags":{"#)
        self.resourceTags.write(to: &json)
        self.sharedPart = json.bytes
        self.json.cutTexts = json.cutTexts
    }

    /// How many texts were cut, and how many properties left out, because of their limits.
    var cutTexts: Int { self.json.cutTexts + self.attributes.refusedKeys }

    /// What the span or record inherits from the request it belongs to.
    mutating func inheritedTags(from root: (any LocalRoot)?, for spanID: SpanID?) -> ItemTags? {
        guard let root else { return nil }
        return self.inheritance.tags(
            from: root,
            for: spanID,
            redactsQueries: self.redactsQueries
        )
    }

    // MARK: The parts of an envelope

    /// Begins the first item of a record.
    mutating func beginRecord() {
        self.largestItem = 0
        self.isOmitted = false
    }

    /// Writes an envelope up to the tags of its resource.
    mutating func begin(_ kind: ItemKind, at time: Timestamp, sampleRate: Double? = nil) {
        self.itemStart = self.json.count
        self.json.raw(kind.opening)
        self.json.time(time)
        if let sampleRate {
            self.json.raw(#","sampleRate":"#)
            self.json.double(sampleRate)
        }
        self.json.raw(self.sharedPart)
    }

    /// Ends an envelope.
    mutating func end() {
        self.json.raw("}}}")
        self.largestItem = max(self.largestItem, self.json.count - self.itemStart)
    }

    /// Separates an item from the next of its record.
    mutating func separate() {
        self.json.raw(self.separator)
    }

    /// Writes the ids of the operation, each unless it is absent or invalid.
    mutating func operation(_ traceID: TraceID?, parent: SpanID?) {
        if let traceID, traceID.isValid {
            self.json.raw(#","ai.operation.id":""#)
            self.json.hex(traceID)
            self.json.raw("\"")
        }
        if let parent, parent.isValid {
            self.json.raw(#","ai.operation.parentId":""#)
            self.json.hex(parent)
            self.json.raw("\"")
        }
    }

    /// A sample rate that the service can use: a percentage above 0.
    static func usable(_ sampleRate: Double?) -> Double? {
        guard let sampleRate, sampleRate > 0, sampleRate <= 100 else { return nil }
        return sampleRate
    }

    // MARK: Properties

    /// Begins `properties`.
    mutating func beginProperties() {
        self.json.raw(#","properties":{"#)
        self.hasProperties = false
    }

    /// Ends `properties`.
    mutating func endProperties() {
        self.json.raw("}")
    }

    /// Writes a property that the mapping adds; the name needs no escaping.
    mutating func property(
        _ name: StaticString,
        _ value: String,
        limit: Int = Limits.propertyValue
    ) {
        if self.hasProperties { self.json.raw(",") }
        self.hasProperties = true
        self.json.raw("\"")
        self.json.raw(name)
        self.json.raw("\":")
        self.json.string(value, limit: limit)
    }

    /// Writes all attributes that were not consumed.
    mutating func remainingProperties() {
        let redactsQueries = self.redactsQueries
        if redactsQueries { self.attributes.consume(.urlQuery) }
        let mayHoldURL =
            self.attributes.has(.urlFull, or: .httpURL)
            || redactsQueries && self.attributes.has(.httpTarget)
        let elements = self.attributes.elements
        for position in elements.indices where self.attributes.isProperty(at: position) {
            if self.hasProperties { self.json.raw(",") }
            self.hasProperties = true
            self.json.string(elements[position].key, limit: Limits.key)
            self.json.raw(":")
            if mayHoldURL,
                Self.holdsURL(elements[position].key, redactsQueries: redactsQueries)
            {
                // User names and passwords do not leave the process, mapped or not.
                let url = elements[position].value.mappedText ?? ""
                self.json.string(
                    URLParts.cleaned(url, redactsQuery: redactsQueries),
                    limit: Limits.propertyValue
                )
            } else {
                self.propertyValue(elements[position].value, of: elements[position].key)
            }
        }
    }

    /// Whether the property of a key may hold what does not leave the process.
    private static func holdsURL(_ key: String, redactsQueries: Bool) -> Bool {
        key == "url.full" || key == "http.url" || redactsQueries && key == "http.target"
    }

    private mutating func propertyValue(_ value: AttributeValue, of key: String) {
        switch value {
        case .string(let text):
            self.propertyValue(text, of: key)
        case .int(let value):
            self.json.raw("\"")
            self.json.integer(value)
            self.json.raw("\"")
        case .bool(let value):
            if value { self.json.raw(#""true""#) } else { self.json.raw(#""false""#) }
        default:
            self.propertyValue(value.mappedText ?? "", of: key)
        }
    }

    private mutating func propertyValue(_ text: String, of key: String) {
        var limit = Limits.propertyValue
        if text.utf8.count > limit, Self.longKeys.contains(key) { limit = Limits.longPropertyValue }
        self.json.string(text, limit: limit)
    }

    /// The properties that hold conversations with models.
    private static let longKeys: Set<String> = [
        "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions",
        "gen_ai.tool.definitions", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result",
        "gen_ai.evaluation.explanation",
    ]
}
