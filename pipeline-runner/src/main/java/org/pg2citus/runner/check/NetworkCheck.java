package org.pg2citus.runner.check;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Consumer;
import org.pg2citus.runner.config.ServerAddress;

/** How far away both servers are. That they can be reached at all, the sessions of the checks show. */
final class NetworkCheck implements Check {

    private static final int ROUNDS = 5;

    /** Each batch of the sink takes some twenty round trips: with this, a batch takes half a second to be sent alone. */
    private static final Duration FAR = Duration.ofMillis(25);

    @Override
    public void run(Inspection inspection, Consumer<Finding> findings) throws SQLException {
        look("source", inspection.settings().source(), inspection.source(), findings);
        look("target", inspection.settings().target(), inspection.target(), findings);
    }

    private static void look(String side, ServerAddress address, Connection connection, Consumer<Finding> findings)
            throws SQLException {
        Duration shortest = Duration.ofDays(1);
        for (int round = 0; round < ROUNDS; round++) {
            long startedNanos = System.nanoTime();
            Query.number(connection, "SELECT 1");
            Duration took = Duration.ofNanos(System.nanoTime() - startedNanos);
            shortest = took.compareTo(shortest) < 0 ? took : shortest;
        }
        far(side + " " + address, shortest, findings);
    }

    static void far(String server, Duration roundTrip, Consumer<Finding> findings) {
        if (roundTrip.compareTo(FAR) > 0) {
            findings.accept(Finding.warning(
                    "PF070",
                    server,
                    "a round trip takes %d ms: copying and applying will be slow".formatted(roundTrip.toMillis()),
                    "run pg2citus, or the Connect workers, near it"));
        }
    }
}
