package org.pg2citus.runner.change;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import org.pg2citus.runner.state.MigrationState;
import org.pg2citus.runner.state.MigrationStore;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;

/** Keeps the list of migrated tables, and what is known of their copies, in step with a change; in its transaction. */
final class TableLedger {

    private static final List<String> ALL =
            List.of("copied_table", "copied_chunk", "copy_plan", "snapshot_table", "sent_columns");

    private static final String ENTER =
            """
            INSERT INTO pg2citus.copied_table (pipeline, table_schema, table_name, copy_lsn, rows_copied, bytes_copied,
              started_at, finished_at)
            VALUES (?, ?, ?, ?::pg_lsn, 0, 0, ?, ?)
            ON CONFLICT (pipeline, table_schema, table_name) DO UPDATE SET copy_lsn = excluded.copy_lsn""";

    private final String migration;

    TableLedger(String migration) {
        this.migration = migration;
    }

    /** @param lsn before the first row of the new tables */
    void follow(Connection inTransaction, MigrationState state, TableChanges changes, Lsn lsn) throws SQLException {
        if (!changes.changesTheList()) {
            return;
        }
        for (String ledger : ALL) {
            for (TableId table : changes.dropped()) {
                forget(inTransaction, ledger, table);
            }
            // By way of names that nothing has: tables may take each other's.
            for (TableId table : changes.renamed().keySet()) {
                rename(inTransaction, ledger, table, onTheWay(table));
            }
            for (var renamed : changes.renamed().entrySet()) {
                rename(inTransaction, ledger, onTheWay(renamed.getKey()), renamed.getValue());
            }
            for (TableId table : changes.added()) {
                // A table of this name that was there once is another one.
                forget(inTransaction, ledger, table);
            }
        }
        for (TableId table : changes.added()) {
            enter(inTransaction, table, lsn);
        }
        new MigrationStore(migration).save(inTransaction, state.withTables(changes.applyTo(state.tables())));
    }

    private static TableId onTheWay(TableId table) {
        return new TableId("pg2citus renamed", table.toString());
    }

    private void enter(Connection target, TableId table, Lsn lsn) throws SQLException {
        try (PreparedStatement insert = target.prepareStatement(ENTER)) {
            Timestamp now = Timestamp.from(Instant.now());
            insert.setString(1, migration);
            insert.setString(2, table.schema());
            insert.setString(3, table.name());
            insert.setString(4, lsn.toString());
            insert.setTimestamp(5, now);
            insert.setTimestamp(6, now);
            insert.executeUpdate();
        }
    }

    private void forget(Connection target, String ledger, TableId table) throws SQLException {
        try (PreparedStatement delete = target.prepareStatement(
                "DELETE FROM pg2citus.%s WHERE pipeline = ? AND table_schema = ? AND table_name = ?"
                        .formatted(ledger))) {
            delete.setString(1, migration);
            delete.setString(2, table.schema());
            delete.setString(3, table.name());
            delete.executeUpdate();
        }
    }

    private void rename(Connection target, String ledger, TableId from, TableId to) throws SQLException {
        try (PreparedStatement update = target.prepareStatement(
                "UPDATE pg2citus.%s SET table_schema = ?, table_name = ? WHERE pipeline = ? AND table_schema = ? AND table_name = ?"
                        .formatted(ledger))) {
            update.setString(1, to.schema());
            update.setString(2, to.name());
            update.setString(3, migration);
            update.setString(4, from.schema());
            update.setString(5, from.name());
            update.executeUpdate();
        }
    }
}
