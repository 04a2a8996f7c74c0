package org.pg2citus.source.record;

/** What the topic's records look like. */
@FunctionalInterface
public interface RecordFormat {

    /** The records of one stream, which begins at {@code startLsn}. */
    TopicRecords records(SourcePosition position, long startLsn, RowKeys rowKeys);

    /** A record for each change. */
    static RecordFormat debezium(String topic) {
        return (position, startLsn, rowKeys) -> new ChangeRecords(topic, position, startLsn, rowKeys);
    }

    /**
     * A record for many changes, see {@code docs/decisions/0002}.
     *
     * @param targetBytes the size of a record when there is more to send
     * @param maxBytes what the producer accepts
     */
    static RecordFormat compact(String topic, int targetBytes, int maxBytes) {
        return (position, startLsn, rowKeys) ->
                new ChunkRecords(topic, position, startLsn, rowKeys, targetBytes, maxBytes);
    }
}
