package org.pg2citus.runner.verify;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pg2citus.runner.config.Secret;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.sink.apply.TargetSettings;
import org.pg2citus.sink.apply.TargetWriter;
import org.pg2citus.sink.batch.KeyedDelete;
import org.pg2citus.sink.batch.TableDelta;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.HaltException;
import org.pg2citus.sink.failure.RetryLaterException;

/**
 * Gives the target the source's rows where they differ, by the writer that applies the stream: by shard, with the same
 * treatment of keys, types and foreign keys. It has a progress of its own, so that the sink stays what it is.
 *
 * <p>Only while the sink is held at the position that the rows of the source were read at: what the stream brings later
 * builds upon them.
 */
final class Repair implements AutoCloseable {

    private static final int ROWS_PER_BATCH = 2_000;
    private static final long BYTES_PER_BATCH = 32L << 20;

    private final String pipeline;
    private final Server target;
    private Optional<TargetWriter> writer = Optional.empty();
    private long batches;

    Repair(String migration, Server target) {
        this.pipeline = migration + " repair";
        this.target = target;
    }

    /** The differences of one table, written as they come. */
    final class OfTable implements RowMerge.Differences<WholeRow> {
        private final TableId table;
        private final List<String> key;
        private final List<Row> inserts = new ArrayList<>();
        private final List<KeyedDelete> deletes = new ArrayList<>();
        private final List<Row> keylessDeletes = new ArrayList<>();
        private long bytes;
        private long rows;

        /** @param key empty for a table that has none */
        OfTable(TableId table, List<String> key) {
            this.table = table;
            this.key = List.copyOf(key);
        }

        @Override
        public void missing(WholeRow source) {
            inserts.add(source.values());
            added(source);
        }

        @Override
        public void extra(WholeRow row) {
            delete(row);
            added(row);
        }

        @Override
        public void changed(WholeRow source, WholeRow row) {
            // In one batch, so that there is no moment without the row.
            delete(row);
            inserts.add(source.values());
            bytes += row.values().sizeBytes();
            added(source);
        }

        private void delete(WholeRow row) {
            if (key.isEmpty()) {
                keylessDeletes.add(row.values());
            } else {
                deletes.add(new KeyedDelete(row.values(key), Optional.of(row.values())));
            }
        }

        private void added(WholeRow row) {
            rows++;
            bytes += row.values().sizeBytes();
            if (inserts.size() + deletes.size() + keylessDeletes.size() >= ROWS_PER_BATCH || bytes >= BYTES_PER_BATCH) {
                flush();
            }
        }

        /** Writes what is left; how many rows differed. */
        long finish() {
            if (bytes > 0) {
                flush();
            }
            return rows;
        }

        private void flush() {
            write(new TableDelta(table, false, inserts, List.of(), deletes, keylessDeletes));
            inserts.clear();
            deletes.clear();
            keylessDeletes.clear();
            bytes = 0;
        }
    }

    /** Tables are compared at the same time, but written one batch after the other. */
    private synchronized void write(TableDelta delta) {
        try {
            TargetWriter open = writer.orElseGet(this::open);
            writer = Optional.of(open);
            batches++;
            open.apply(List.of(delta), open.progress().after(open.progress().appliedLsn(), batches, delta.rows(), 1));
        } catch (HaltException | RetryLaterException e) {
            throw new MigrationException(
                    ExitCode.TARGET,
                    "VF008",
                    "table %s cannot be repaired: %s".formatted(delta.table(), e.getMessage()),
                    "mend the cause on the target, then run the command again; what was repaired stays",
                    e);
        }
    }

    private TargetWriter open() {
        return TargetWriter.open(
                TargetSettings.of(
                        target.address().jdbcUrl(),
                        target.address().user(),
                        target.address().password().map(Secret::value).orElse("")),
                pipeline,
                "pg2citus repair",
                0);
    }

    /** Forgets its progress: the next repair begins anew. */
    @Override
    public void close() {
        if (writer.isEmpty()) {
            return;
        }
        writer.get().close();
        try (Connection session = target.connect("repair")) {
            for (String table : List.of("sent_columns", "progress")) {
                try (PreparedStatement delete =
                        session.prepareStatement("DELETE FROM pg2citus.%s WHERE pipeline = ?".formatted(table))) {
                    delete.setString(1, pipeline);
                    delete.executeUpdate();
                }
            }
        } catch (SQLException e) {
            throw target.failure(e, "forgetting the repair's progress");
        }
    }
}
