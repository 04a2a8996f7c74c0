package org.pg2citus.source.record;

import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.pg2citus.source.failure.SourceFault;
import org.pg2citus.source.pgoutput.Relation;
import org.pg2citus.source.pgoutput.Tuple;

/** The columns by which the rows of one version of a table are told apart; none: they have no key. */
final class TableKey {

    private final Relation relation;
    private final int[] columns;
    private final boolean[] isKey;

    private TableKey(Relation relation, List<String> names) {
        this.relation = relation;
        this.isKey = new boolean[relation.columns().size()];
        this.columns = IntStream.range(0, relation.columns().size())
                .filter(i -> names.contains(relation.columns().get(i)))
                .toArray();
        for (int column : columns) {
            isKey[column] = true;
        }
    }

    static TableKey of(Relation relation, RowKeys rowKeys) throws SQLException {
        if (!relation.hasFullIdentity()) {
            return new TableKey(relation, relation.identityColumns());
        }
        // The catalog is of now: a key of columns that this version of the table lacks is not a key of its rows. The
        // old rows are whole, so they are identified without one.
        List<String> primaryKey = rowKeys.primaryKey(relation.oid());
        boolean fits = new HashSet<>(relation.columns()).containsAll(primaryKey);
        return new TableKey(relation, fits ? primaryKey : List.of());
    }

    Relation relation() {
        return relation;
    }

    boolean exists() {
        return columns.length > 0;
    }

    /** The positions of its columns. */
    int[] columns() {
        return columns;
    }

    boolean contains(int column) {
        return isKey[column];
    }

    boolean isSame(Tuple before, Tuple row) {
        for (int column : columns) {
            if (!row.isSame(column, before)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Puts the values that only the old row has into the new one.
     *
     * @param before {@code null} if it was not sent
     * @throws SourceFault SR021 when the new row's key is still not known
     */
    void complete(Tuple before, Tuple row, long lsn) {
        for (int i = 0; i < row.size(); i++) {
            if (!row.isUnchanged(i)) {
                continue;
            }
            if (before != null && (relation.hasFullIdentity() || isKey[i])) {
                row.take(i, before);
            }
            if (isKey[i] && row.isUnchanged(i)) {
                throw new SourceFault(
                        "SR021",
                        "an update of %s at %X/%X has no value of key column %s: it is stored out of line and the server did not send it. Set REPLICA IDENTITY FULL on the table, or update the server to its last minor version, and copy the table again"
                                .formatted(
                                        relation.name(),
                                        lsn >>> 32,
                                        lsn & 0xFFFFFFFFL,
                                        relation.columns().get(i)));
            }
        }
    }
}
