/// A span processor that leaves ended spans as they are, or drops them: one that counts, say.
///
/// Those of us that do not conform keep what belongs to a request under way from inheriting its
/// user, for nobody knows what they are going to mask.
package protocol LeavesSpansAlone: SpanProcessor {}
