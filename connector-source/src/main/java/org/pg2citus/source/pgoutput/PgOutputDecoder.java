package org.pg2citus.source.pgoutput;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pg2citus.source.failure.SourceFault;

/**
 * Reads {@code pgoutput} messages, protocol version 1. Not thread-safe; one per replication stream, because the server
 * describes each table once per stream.
 *
 * <p>Everything comes from the stream, nothing from the catalog: the catalog is of now, a row is of then.
 *
 * <p>Source: <a href="https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html">Logical
 * Replication Message Formats</a>.
 */
public final class PgOutputDecoder {

    /** Stands for a TOAST value that did not change. PostgreSQL's text never contains NUL, so no value equals it. */
    public static final String UNCHANGED = "\u0000";

    private static final long POSTGRES_EPOCH_MS = 946_684_800_000L;

    private final PgOutputListener listener;
    private final Map<Integer, Relation> relations = new HashMap<>();
    private final Tuple oldRow = new Tuple();
    private final Tuple newRow = new Tuple();

    public PgOutputDecoder(PgOutputListener listener) {
        this.listener = listener;
    }

    /**
     * Reads one message.
     *
     * @param message must be backed by an array
     * @param lsn where the server says that the message stands
     * @throws SourceFault when the message is not understood
     */
    public void decode(ByteBuffer message, long lsn) throws SQLException {
        char type = (char) message.get();
        switch (type) {
            case 'B' -> begin(message, lsn);
            case 'C' -> commit(message);
            case 'R' -> relation(message);
            case 'I' -> insert(message, lsn);
            case 'U' -> update(message, lsn);
            case 'D' -> delete(message, lsn);
            case 'T' -> truncate(message, lsn);
            case 'M' -> logicalMessage(message, lsn);
            // Names of user-defined types and of replication origins: values travel as text, from whatever origin.
            case 'Y', 'O' -> {}
            default -> throw unreadable("message of type '" + type + "'", lsn);
        }
    }

    private void begin(ByteBuffer message, long lsn) {
        message.getLong();
        long commitTimeMs = timeMs(message.getLong());
        listener.begin(Integer.toUnsignedLong(message.getInt()), lsn, commitTimeMs);
    }

    private void commit(ByteBuffer message) {
        message.get();
        message.getLong();
        long endLsn = message.getLong();
        listener.commit(endLsn, timeMs(message.getLong()));
    }

    private void relation(ByteBuffer message) throws SQLException {
        int oid = message.getInt();
        String schema = string(message);
        String table = string(message);
        char identity = (char) message.get();
        int columnCount = message.getShort();
        List<String> columns = new ArrayList<>(columnCount);
        List<String> identityColumns = new ArrayList<>();
        for (int i = 0; i < columnCount; i++) {
            boolean inIdentity = (message.get() & 1) != 0;
            String column = string(message);
            columns.add(column);
            if (inIdentity) {
                identityColumns.add(column);
            }
            message.getInt();
            message.getInt();
        }
        // The protocol sends the name of pg_catalog as an empty string.
        var relation =
                new Relation(oid, schema.isEmpty() ? "pg_catalog" : schema, table, identity, columns, identityColumns);
        relations.put(oid, relation);
        listener.relation(relation);
    }

    private void insert(ByteBuffer message, long lsn) {
        Relation relation = known(message.getInt(), lsn);
        expect(message, 'N', relation, lsn);
        listener.insert(relation, lsn, read(newRow, message, relation, lsn));
    }

    private void update(ByteBuffer message, long lsn) {
        Relation relation = known(message.getInt(), lsn);
        char kind = (char) message.get();
        Tuple before = null;
        if (kind == 'K' || kind == 'O') {
            before = read(oldRow, message, relation, lsn);
            kind = (char) message.get();
        }
        if (kind != 'N') {
            throw unreadable("update of %s with a row of kind '%s'".formatted(relation.name(), kind), lsn);
        }
        listener.update(relation, lsn, before, read(newRow, message, relation, lsn));
    }

    private void delete(ByteBuffer message, long lsn) {
        Relation relation = known(message.getInt(), lsn);
        char kind = (char) message.get();
        if (kind != 'K' && kind != 'O') {
            throw unreadable("delete from %s with a row of kind '%s'".formatted(relation.name(), kind), lsn);
        }
        listener.delete(relation, lsn, read(oldRow, message, relation, lsn));
    }

    private void truncate(ByteBuffer message, long lsn) {
        int count = message.getInt();
        message.get();
        List<Relation> truncated = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            truncated.add(known(message.getInt(), lsn));
        }
        listener.truncate(truncated, lsn);
    }

    private void logicalMessage(ByteBuffer message, long lsn) {
        boolean transactional = (message.get() & 1) != 0;
        message.getLong();
        String prefix = string(message);
        byte[] content = new byte[message.getInt()];
        message.get(content);
        listener.message(transactional, lsn, prefix, content);
    }

    private static Tuple read(Tuple tuple, ByteBuffer message, Relation relation, long lsn) {
        int count = message.getShort();
        if (count != relation.columns().size()) {
            throw unreadable(
                    "row of %s with %d values, but its description has %d columns"
                            .formatted(
                                    relation.name(), count, relation.columns().size()),
                    lsn);
        }
        tuple.reset(message, count);
        for (int i = 0; i < count; i++) {
            char kind = (char) message.get();
            if (!tuple.read(i, kind, message)) {
                throw unreadable(
                        "value of kind '%s' in %s.%s"
                                .formatted(
                                        kind,
                                        relation.name(),
                                        relation.columns().get(i)),
                        lsn);
            }
        }
        return tuple;
    }

    private static String string(ByteBuffer message) {
        int start = message.position();
        while (message.get() != 0) {
            // Looking for the end.
        }
        int length = message.position() - 1 - start;
        return new String(message.array(), message.arrayOffset() + start, length, UTF_8);
    }

    private Relation known(int oid, long lsn) {
        Relation relation = relations.get(oid);
        if (relation == null) {
            throw unreadable("change of the table with OID %d, which was not described".formatted(oid), lsn);
        }
        return relation;
    }

    private static void expect(ByteBuffer message, char expected, Relation relation, long lsn) {
        char kind = (char) message.get();
        if (kind != expected) {
            throw unreadable("insert into %s with a row of kind '%s'".formatted(relation.name(), kind), lsn);
        }
    }

    private static SourceFault unreadable(String what, long lsn) {
        return new SourceFault(
                "SR020",
                "the replication stream has a %s at %X/%X, which this version does not read. Nothing beyond it was sent; check that the server's version is supported"
                        .formatted(what, lsn >>> 32, lsn & 0xFFFFFFFFL));
    }

    private static long timeMs(long microsSince2000) {
        return POSTGRES_EPOCH_MS + Math.floorDiv(microsSince2000, 1000);
    }
}
