package org.pg2citus.runner.snapshot;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.stream.Collectors;
import org.pg2citus.sink.change.TableId;

/** The publication of the included tables. */
public final class Publication {

    private Publication() {}

    /**
     * Makes it. It has to exist before the slot: pgoutput looks it up as it was at each point of the WAL.
     *
     * <p>Partitions' changes appear as the root's, because the target is partitioned as it likes.
     */
    public static void create(Connection source, String name, Collection<TableId> tables) throws SQLException {
        try (Statement statement = source.createStatement()) {
            statement.execute("CREATE PUBLICATION %s FOR TABLE %s WITH (publish_via_partition_root = true)"
                    .formatted(
                            TableId.quote(name),
                            tables.stream().map(TableId::toSql).collect(Collectors.joining(", "))));
        }
    }

    public static void dropIfExists(Connection source, String name) throws SQLException {
        try (Statement statement = source.createStatement()) {
            statement.execute("DROP PUBLICATION IF EXISTS " + TableId.quote(name));
        }
    }
}
