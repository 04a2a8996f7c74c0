package org.pg2citus.sink.decode;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.connect.sink.SinkRecord;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.failure.HaltException;

/**
 * Reads the source's compact records, and Debezium's change events and transaction boundaries: it tells them apart by
 * itself. Not thread safe.
 *
 * <p>Records arrive as {@link java.util.Map} or as {@link org.apache.kafka.connect.data.Struct}, as the converter
 * makes them. How column values are written is one of two:
 *
 * <ul>
 *   <li>{@link #ofTextSource}: pg2citus's own source sends each value as PostgreSQL's own text form, and the
 *       one-character string NUL for an unchanged TOAST value. Anything else halts.
 *   <li>{@link #ofTypedSource}: a stock Debezium connector sends typed values. They need schemas (without them a number
 *       of microseconds cannot be told from a count); what cannot be carried exactly halts.
 * </ul>
 *
 * <p>Source: <a href="https://debezium.io/documentation/reference/stable/connectors/postgresql.html">Debezium connector
 * for PostgreSQL</a>, "Data change events" and "Transaction metadata".
 */
public final class RecordDecoder {

    /** What Debezium's {@code unavailable.value.placeholder} is unless set. */
    public static final String DEBEZIUM_PLACEHOLDER = "__debezium_unavailable_value";

    /** The prefix of the logical messages that serve as watermarks. */
    static final String WATERMARK_PREFIX = "pg2citus";

    private static final Pattern SEQUENCE = Pattern.compile("\\[\"(\\d{1,18})\",.*");

    private static final Event IGNORED = new Event.Ignored();

    private final ChangeDecoder changes;
    private final ChunkDecoder chunks = new ChunkDecoder();

    private RecordDecoder(ChangeDecoder changes) {
        this.changes = changes;
    }

    /** For pg2citus's own source: every value is PostgreSQL's text form. */
    public static RecordDecoder ofTextSource() {
        return new RecordDecoder(new ChangeDecoder(ColumnReaders.text()));
    }

    /**
     * For a stock Debezium connector: values by their schemas. What it cannot say exactly (a {@code NaN} of
     * {@code numeric} becomes null, an array of several dimensions becomes nulls) no reader can mend: see the module's
     * RATIONALE for the settings that it needs.
     *
     * @param unavailablePlaceholder the source's {@code unavailable.value.placeholder}
     * @param nullsKept whether the converters leave a NULL as it is where the column has a default; if not, a value that
     *     equals the default halts
     */
    public static RecordDecoder ofTypedSource(String unavailablePlaceholder, boolean nullsKept) {
        return new RecordDecoder(new ChangeDecoder(ColumnReaders.typed(unavailablePlaceholder, nullsKept)));
    }

    /**
     * Reads one record: a compact one has many events, any other has one.
     *
     * @return the record's meaning
     * @throws HaltException {@code DE0xx} when the record is not one that a whole transaction can be made from; names
     *     topic, partition, offset, table and column, never a value
     */
    public List<Event> decode(SinkRecord record) {
        Object value = record.value();
        if (value == null) {
            return List.of(IGNORED); // A tombstone follows a delete, for log compaction only.
        }
        if (value instanceof byte[] bytes) {
            return chunk(record, bytes);
        }
        if (value instanceof ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.duplicate().get(bytes);
            return chunk(record, bytes);
        }
        return List.of(envelope(record, value));
    }

    private List<Event> chunk(SinkRecord record, byte[] bytes) {
        if (!ChunkReader.isChunk(bytes)) {
            throw notAnEvent(
                    record,
                    "its value is bytes, but not a compact record of pg2citus's source. For a source with topic.format=debezium, or"
                            + " a stock Debezium connector, set value.converter as it is set there");
        }
        try {
            return chunks.decode(bytes);
        } catch (UnreadableChunkException e) {
            throw Where.halt("DE010", record, "the compact record cannot be read: " + e.getMessage(), e);
        }
    }

    private Event envelope(SinkRecord record, Object value) {
        if (!Fields.areIn(value)) {
            throw notAnEvent(
                    record,
                    "its value is a " + value.getClass().getSimpleName()
                            + ". A source with topic.format=compact needs value.converter=org.apache.kafka.connect.converters.ByteArrayConverter here, too");
        }
        if (Fields.of(value, "op") instanceof String op) {
            return op.equals("m") ? message(record, value) : changes.decode(record, value, op);
        }
        if (Fields.of(value, "status") instanceof String status) {
            return boundary(record, value, status);
        }
        if (Fields.count(value) == 1 && Fields.of(value, "ts_ms") != null) {
            return IGNORED; // A heartbeat.
        }
        throw notAnEvent(record, "it has neither op nor status");
    }

    /**
     * The end of the transaction that committed before that of the event: the first part of {@code source.sequence}. Empty
     * if there is none, as in the first transaction of a source without stored offsets.
     */
    public static Optional<Lsn> previousCommit(SinkRecord record) {
        if (!(Fields.of(Fields.of(record.value(), "source"), "sequence") instanceof String sequence)) {
            return Optional.empty();
        }
        Matcher first = SEQUENCE.matcher(sequence);
        return first.matches() ? Optional.of(new Lsn(Long.parseLong(first.group(1)))) : Optional.empty();
    }

    private static Event boundary(SinkRecord record, Object value, String status) {
        String id = Where.text(record, value, "id");
        return switch (status) {
            case "BEGIN" -> new Event.Begin(xid(record, id));
            case "END" ->
                new Event.End(
                        xid(record, id),
                        lsn(record, id),
                        Where.number(record, value, "event_count"),
                        collections(value));
            default -> throw Where.halt("DE003", record, "the transaction boundary has the unknown status " + status);
        };
    }

    /** For messages only: what is counted is the events. */
    private static Map<String, Long> collections(Object end) {
        Map<String, Long> events = new TreeMap<>();
        if (Fields.of(end, "data_collections") instanceof List<?> collections) {
            for (Object collection : collections) {
                if (Fields.of(collection, "data_collection") instanceof String name
                        && Fields.of(collection, "event_count") instanceof Number count) {
                    events.put(name, count.longValue());
                }
            }
        }
        return events;
    }

    private static Event message(SinkRecord record, Object value) {
        Object transaction = Fields.of(value, "transaction");
        if (transaction != null) {
            return new Event.Message(transactionXid(record, transaction), order(record, transaction));
        }
        Object prefix = Fields.of(Fields.of(value, "message"), "prefix");
        return WATERMARK_PREFIX.equals(prefix)
                ? new Event.Watermark(new Lsn(Where.number(record, Fields.of(value, "source"), "lsn")))
                : IGNORED;
    }

    static long transactionXid(SinkRecord record, Object transaction) {
        return xid(record, Where.text(record, transaction, "id"));
    }

    static long order(SinkRecord record, Object transaction) {
        return Where.number(record, transaction, "total_order");
    }

    /** The transaction's id is {@code <xid>:<LSN of this very event>}: only the first part is the same in all events. */
    private static long xid(SinkRecord record, String id) {
        try {
            return Long.parseLong(id, 0, colon(record, id), 10);
        } catch (NumberFormatException e) {
            throw badId(record, id, e);
        }
    }

    private static Lsn lsn(SinkRecord record, String id) {
        try {
            return new Lsn(Long.parseLong(id, colon(record, id) + 1, id.length(), 10));
        } catch (NumberFormatException e) {
            throw badId(record, id, e);
        }
    }

    private static int colon(SinkRecord record, String id) {
        int colon = id.indexOf(':');
        if (colon < 1) {
            throw badId(record, id, null);
        }
        return colon;
    }

    private static HaltException badId(SinkRecord record, String id, NumberFormatException cause) {
        return Where.halt(
                "DE003",
                record,
                "the transaction id " + id + " is not <xid>:<lsn>, as Debezium's PostgreSQL connector writes it",
                cause);
    }

    private static HaltException notAnEvent(SinkRecord record, String found) {
        return Where.halt(
                "DE001",
                record,
                "the record is not a Debezium change event: " + found
                        + ". Read a topic that only the source connector writes, with the converters that it writes with"
                        + " (schemas.enable alike on both sides) and without a transform that unwraps the event");
    }
}
