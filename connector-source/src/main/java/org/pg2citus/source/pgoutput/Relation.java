package org.pg2citus.source.pgoutput;

import java.util.List;

/**
 * One version of a table, as the stream described it before the rows that follow.
 *
 * @param oid the table's OID in the source
 * @param identity {@code d} default, {@code n} nothing, {@code f} full, {@code i} index
 * @param columns the names, in the order of the values
 * @param identityColumns those of the replica identity, in the same order; with identity {@code f} all of them
 */
public record Relation(
        int oid, String schema, String table, char identity, List<String> columns, List<String> identityColumns) {

    public Relation {
        columns = List.copyOf(columns);
        identityColumns = List.copyOf(identityColumns);
    }

    /** Whether an old row is sent whole. */
    public boolean hasFullIdentity() {
        return identity == 'f';
    }

    /** For messages only: not quoted. */
    public String name() {
        return schema + "." + table;
    }
}
