package org.pg2citus.sink.progress;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * A sign on the target, for as long as a session lives, that a connector applies a pipeline. It excludes nobody, for the
 * epoch does that; it lets a second connector be refused before it fences the first.
 *
 * <p>It is a shared advisory lock, because every role sees those of all others, and it goes with its session.
 */
public final class PipelineUse {

    private static final String SIGN =
            "SELECT pg_catalog.pg_advisory_lock_shared(hashtext('pg2citus pipeline ' || ?), hashtext(?))";

    private static final String OTHERS =
            """
            SELECT EXISTS (SELECT FROM pg_catalog.pg_locks
              WHERE locktype = 'advisory' AND objsubid = 2
                AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
                AND classid::bigint = hashtext('pg2citus pipeline ' || ?)::bigint & 4294967295
                AND objid::bigint <> hashtext(?)::bigint & 4294967295)""";

    private PipelineUse() {}

    /** Puts the sign up, for this session. */
    public static void sign(Connection connection, String pipeline, String connector) throws SQLException {
        run(connection, SIGN, pipeline, connector);
    }

    /** True when a connector of another name applies the pipeline now. */
    public static boolean byOthers(Connection connection, String pipeline, String connector) throws SQLException {
        return run(connection, OTHERS, pipeline, connector);
    }

    private static boolean run(Connection connection, String sql, String pipeline, String connector)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, pipeline);
            statement.setString(2, connector);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return "t".equals(row.getString(1));
            }
        }
    }
}
