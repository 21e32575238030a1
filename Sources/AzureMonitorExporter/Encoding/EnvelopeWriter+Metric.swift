import TelemetryModel

extension EnvelopeWriter {
    /// Writes a point of a metric.
    ///
    /// | Property         | From                                                                  |
    /// | ---------------- | --------------------------------------------------------------------- |
    /// | the attribute's key | every attribute, or what ``StandardMetric`` says                   |
    /// | `_MS.SentToAMW`  | on AKS: whether metrics go to an Azure Monitor workspace as well       |
    ///
    /// The only tag of its own is `ai.operation.syntheticSource`.
    ///
    /// - Returns: how many items were written: none if the point has no finite value, or is not
    ///   to be sent.
    mutating func write(_ point: MetricPoint, of metric: Metric, standard: StandardMetric?) -> Int {
        self.beginRecord()
        if case .notSent? = standard { self.isOmitted = true }
        if standard == nil, self.environment.sendsStandardMetricsOnly { self.isOmitted = true }
        guard !self.isOmitted else { return 0 }
        let data = MetricData(
            point,
            of: metric,
            standard: standard,
            writesNamespace: self.environment.writesMetricNamespaces
        )
        guard let data else { return 0 }

        self.attributes.load(point.attributes)
        var tags = ItemTags()
        tags.isSynthetic = ItemTags.isSynthetic(self.attributes)
        self.begin(.metric, at: point.time)
        tags.write(to: &self.json)
        self.json.raw(ItemKind.metric.data)
        data.write(to: &self.json)

        self.beginProperties()
        let sentToWorkspace = self.environment.sentToAzureMonitorWorkspace
        if let standard {
            let properties = standard.properties(
                of: &self.attributes,
                resource: self.resourceTags
            )
            for (name, value) in properties { self.property(name, value) }
        } else {
            if sentToWorkspace != nil { self.attributes.consume(.msSentToAMW) }
            self.remainingProperties()
        }
        if let sentToWorkspace { self.property("_MS.SentToAMW", sentToWorkspace) }
        self.endProperties()
        self.end()
        return 1
    }

    /// Writes the resource item, by which the service learns what the resource is.
    ///
    /// | Field                    | From                                                            |
    /// | ------------------------ | --------------------------------------------------------------- |
    /// | `metrics[0]`             | `_OTELRESOURCE_`, 0                                             |
    /// | properties               | all attributes of the resource                                  |
    /// | `microsoft.applicationId` | the connection string, if it names one and no attribute does   |
    mutating func writeResourceItem(_ resource: Resource, at time: Timestamp) {
        self.beginRecord()
        self.attributes.load(resource.attributes)
        self.begin(.metric, at: time)
        self.json.raw(ItemKind.metric.data)
        MetricData(name: "_OTELRESOURCE_", value: .int(0)).write(to: &self.json)
        self.beginProperties()
        self.remainingProperties()
        if let id = self.options.applicationID, !id.isEmpty,
            !self.attributes.has(.microsoftApplicationID)
        {
            self.property("microsoft.applicationId", id)
        }
        self.endProperties()
        self.end()
    }
}
