package org.pg2citus.source;

import io.debezium.connector.postgresql.connection.PostgresConnection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.pg2citus.source.record.RowKeys;

/** Primary keys from the source's catalog, by OID: a name may be of another table by now. */
record CatalogKeys(PostgresConnection catalog) implements RowKeys {

    @Override
    public List<String> primaryKey(int tableOid) throws SQLException {
        // Within a transaction two rows can have the same value of a deferrable key: it identifies none of them.
        return catalog.prepareQueryAndMap(
                "SELECT a.attname FROM pg_catalog.pg_index i "
                        + "JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) "
                        + "WHERE i.indrelid = ?::oid AND i.indisprimary AND i.indisvalid AND i.indimmediate "
                        + "ORDER BY a.attnum",
                statement -> statement.setLong(1, Integer.toUnsignedLong(tableOid)),
                rows -> {
                    List<String> columns = new ArrayList<>();
                    while (rows.next()) {
                        columns.add(rows.getString(1));
                    }
                    return columns;
                });
    }
}
