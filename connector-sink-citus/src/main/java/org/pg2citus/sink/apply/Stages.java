package org.pg2citus.sink.apply;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.sink.batch.TableDelta;
import org.pg2citus.sink.catalog.TargetTable;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.ErrorText;
import org.pg2citus.sink.failure.Failure;
import org.pg2citus.sink.failure.SqlStates;
import org.pg2citus.sink.progress.StateSchema;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The {@linkplain Stage stages} of one session, made when the first batch comes that gains from one. */
final class Stages {

    private static final Logger LOG = LoggerFactory.getLogger(Stages.class);

    /** Each has as many shards as its table. */
    private static final int MAX_STAGES = 100;

    private final Session session;
    private final String prefix;

    /** Empty for a table that cannot have one. */
    private final Map<TableId, Optional<Stage>> stages = new HashMap<>();

    /** @param owner tells the stages of one pipeline from those of others */
    Stages(Session session, String owner) {
        this.session = session;
        this.prefix = owner;
    }

    /** Before a transaction: makes or empties the stages that these changes can use. */
    void prepare(List<TableDelta> deltas) throws SQLException {
        // Without the replica role, triggers and foreign keys would see an INSERT where there is none.
        if (!session.citus() || !session.replicaRole()) {
            return;
        }
        for (TableDelta delta : deltas) {
            if (delta.updates().size() >= Stage.MIN_ROWS) {
                Optional<TargetTable> table = session.catalog().table(delta.table());
                if (table.isPresent()) {
                    prepare(table.get());
                }
            }
        }
    }

    /** The stage of a table as it is now, if it has one. */
    Optional<Stage> of(TargetTable table) {
        return stages.getOrDefault(table.id(), Optional.empty())
                .filter(stage -> stage.table().equals(table));
    }

    /** From now on the table is written without. */
    void giveUp(TargetTable table, SQLException reason) {
        LOG.info(
                "Updates of {} go shard by shard, not through a stage, which is faster: {}",
                table.id(),
                ErrorText.of(reason));
        stages.put(table.id(), Optional.empty());
    }

    private void prepare(TargetTable table) throws SQLException {
        try {
            Optional<Stage> known = stages.get(table.id());
            if (known == null
                    || known.filter(stage -> !stage.table().equals(table)).isPresent()) {
                stages.put(table.id(), create(table));
            } else if (known.filter(Stage::isFull).isPresent()) {
                known.get().empty();
            }
        } catch (SQLException e) {
            if (SqlStates.classify(e) == Failure.RETRY) {
                throw e;
            }
            // For example without the right to create tables, or to colocate them with another role's; or somebody
            // dropped it, because it was in the way of a shard's move.
            giveUp(table, e);
        }
    }

    private Optional<Stage> create(TargetTable table) throws SQLException {
        if (!Stage.suits(table) || stages.size() >= MAX_STAGES || hasTriggers(table)) {
            return Optional.empty();
        }
        Stage stage = new Stage(session, table, name(table));
        stage.create();
        return Optional.of(stage);
    }

    /** Triggers that fire under the replica role too would take the updates for inserts. */
    private boolean hasTriggers(TargetTable table) throws SQLException {
        return ask(
                        "SELECT count(*) FROM pg_trigger WHERE tgrelid = ?::regclass AND NOT tgisinternal"
                                + " AND tgenabled IN ('A', 'R')",
                        table)
                > 0;
    }

    private String name(TargetTable table) throws SQLException {
        return "%s.stage_%s_%d".formatted(StateSchema.NAME, prefix, ask("SELECT ?::regclass::oid", table));
    }

    private long ask(String sql, TargetTable table) throws SQLException {
        Connection connection = session.connection();
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, table.id().toSql());
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }
}
