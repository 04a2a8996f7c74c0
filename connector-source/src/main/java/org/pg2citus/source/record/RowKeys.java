package org.pg2citus.source.record;

import java.sql.SQLException;
import java.util.List;

/** The catalog's answer to the one question that the stream leaves open: the primary key of a table with full identity. */
@FunctionalInterface
public interface RowKeys {

    /** The names of the primary key's columns; empty when the table has none, or is gone. */
    List<String> primaryKey(int tableOid) throws SQLException;
}
