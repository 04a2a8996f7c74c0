package org.pg2citus.source.record;

/** What the topic's records look like. */
@FunctionalInterface
public interface RecordFormat {

    /**
     * The records of one stream.
     *
     * @param completeLsn where the stream begins; or later, where the topic is known to be complete
     */
    TopicRecords records(SourcePosition position, long completeLsn, RowKeys rowKeys);

    /** A record for each change. */
    static RecordFormat debezium(String topic) {
        return (position, completeLsn, rowKeys) -> new ChangeRecords(topic, position, completeLsn, rowKeys);
    }

    /**
     * A record for many changes, see {@code docs/decisions/0002}.
     *
     * @param targetBytes the size of a record when there is more to send
     * @param maxBytes what the producer accepts
     */
    static RecordFormat compact(String topic, int targetBytes, int maxBytes) {
        return (position, completeLsn, rowKeys) ->
                new ChunkRecords(topic, position, completeLsn, rowKeys, targetBytes, maxBytes);
    }
}
