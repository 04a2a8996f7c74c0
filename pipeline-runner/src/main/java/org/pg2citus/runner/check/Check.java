package org.pg2citus.runner.check;

import java.sql.SQLException;
import java.util.function.Consumer;

/** Looks at one concern. Reads only; changes nothing on either side. */
@FunctionalInterface
interface Check {

    void run(Inspection inspection, Consumer<Finding> findings) throws SQLException;
}
