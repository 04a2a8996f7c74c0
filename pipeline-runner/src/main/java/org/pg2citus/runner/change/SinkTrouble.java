package org.pg2citus.runner.change;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** Says why the sink does not go on, as far as a running migration has left word. */
@FunctionalInterface
public interface SinkTrouble {

    /** Empty while nothing is known to be wrong. */
    Optional<String> now(Connection target) throws SQLException;
}
