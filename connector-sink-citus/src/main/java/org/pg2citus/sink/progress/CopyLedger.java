package org.pg2citus.sink.progress;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.HaltException;

/** What the copies of tables hold: changes that the stream brings, too, are left out. */
public final class CopyLedger {

    /** No table was copied by itself. */
    public static final CopyLedger EMPTY = new CopyLedger(Map.of(), Map.of());

    /** The code of a halt because a table has to be copied anew. */
    public static final String COPY_ANEW = "AP018";

    private static final String TABLES =
            "SELECT table_schema, table_name, copy_lsn FROM pg2citus.copied_table WHERE pipeline = ?";

    private static final String CHUNKS =
            """
            SELECT table_schema, table_name, key_column, key_order, key_from, key_to, copy_lsn, is_discarded
            FROM pg2citus.copied_chunk WHERE pipeline = ?""";

    private static final String DISCARD =
            """
            UPDATE pg2citus.copied_chunk SET is_discarded = true
            WHERE pipeline = ? AND table_schema = ? AND table_name = ?""";

    private final Map<TableId, Lsn> whole;
    private final Map<TableId, CopiedRanges> inRanges;

    private CopyLedger(Map<TableId, Lsn> whole, Map<TableId, CopiedRanges> inRanges) {
        this.whole = Map.copyOf(whole);
        this.inRanges = Map.copyOf(inRanges);
    }

    /** A row of the ledger for a part of a table. */
    private record Chunk(Optional<String> keyColumn, Optional<String> order, CopiedRange range) {}

    /**
     * Reads a pipeline's ledger.
     *
     * @throws HaltException AP019 when a table is copied in part only, {@link #COPY_ANEW} when one has to be copied anew
     */
    public static CopyLedger read(Connection connection, String pipeline) throws SQLException {
        Map<TableId, Lsn> whole = new HashMap<>();
        try (PreparedStatement query = connection.prepareStatement(TABLES)) {
            query.setString(1, pipeline);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    whole.put(new TableId(row.getString(1), row.getString(2)), Lsn.parse(row.getString(3)));
                }
            }
        }
        Map<TableId, List<Chunk>> chunks = new HashMap<>();
        try (PreparedStatement query = connection.prepareStatement(CHUNKS)) {
            query.setString(1, pipeline);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    TableId table = new TableId(row.getString(1), row.getString(2));
                    if (row.getBoolean(8)) {
                        throw copyAnew("table %s has to be copied anew: run pg2citus migrate again.".formatted(table));
                    }
                    chunks.computeIfAbsent(table, id -> new ArrayList<>())
                            .add(new Chunk(
                                    Optional.ofNullable(row.getString(3)),
                                    Optional.ofNullable(row.getString(4)),
                                    new CopiedRange(
                                            Optional.ofNullable(row.getString(5)),
                                            Optional.ofNullable(row.getString(6)),
                                            Lsn.parse(row.getString(7)))));
                }
            }
        }
        Map<TableId, CopiedRanges> inRanges = new HashMap<>();
        chunks.forEach((table, parts) -> {
            Chunk first = parts.get(0);
            if (first.keyColumn().isPresent()) {
                inRanges.put(
                        table,
                        new CopiedRanges(
                                table,
                                first.keyColumn().get(),
                                KeyOrder.valueOf(first.order().orElseThrow()),
                                parts.stream().map(Chunk::range).toList()));
            } else {
                whole.put(table, sameLsn(table, parts));
            }
        });
        return new CopyLedger(whole, inRanges);
    }

    /** Parts that are not ranges of a key can be joined only when one snapshot shows them all. */
    private static Lsn sameLsn(TableId table, List<Chunk> parts) {
        Lsn lsn = parts.get(0).range().copyLsn();
        if (parts.stream().anyMatch(part -> !part.range().copyLsn().equals(lsn))) {
            throw copyAnew("the parts of table %s come from different snapshots; run pg2citus migrate again."
                    .formatted(table));
        }
        return lsn;
    }

    private static HaltException copyAnew(String message) {
        return new HaltException(COPY_ANEW, message);
    }

    /** Tables that are copied whole, in one snapshot each. */
    public Map<TableId, Lsn> whole() {
        return whole;
    }

    /**
     * What is left to do of a change; empty when the copy has it.
     *
     * @param endLsn the end of its transaction's commit
     * @throws CopyAnewException when the parts of a copy cannot be joined at this change
     */
    public Optional<RowChange> remaining(RowChange change, Lsn endLsn) {
        Lsn copyLsn = whole.get(change.table());
        if (copyLsn != null) {
            return endLsn.compareTo(copyLsn) <= 0 ? Optional.empty() : Optional.of(change);
        }
        CopiedRanges ranges = inRanges.get(change.table());
        return ranges == null ? Optional.of(change) : ranges.remaining(change, endLsn);
    }

    /** Leaves word that a table has to be copied anew. The connection must be in autocommit mode. */
    static void discard(Connection connection, String pipeline, TableId table) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(DISCARD)) {
            update.setString(1, pipeline);
            update.setString(2, table.schema());
            update.setString(3, table.name());
            update.executeUpdate();
        }
    }
}
