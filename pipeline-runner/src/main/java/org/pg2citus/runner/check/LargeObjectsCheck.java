package org.pg2citus.runner.check;

import java.sql.SQLException;
import java.util.function.Consumer;

/** Large objects: neither logical replication nor COPY carries them. */
final class LargeObjectsCheck implements Check {

    @Override
    public void run(Inspection inspection, Consumer<Finding> findings) throws SQLException {
        long objects = Query.number(inspection.source(), "SELECT count(*) FROM pg_largeobject_metadata");
        if (objects > 0) {
            findings.accept(Finding.warning(
                    "PF022",
                    "source " + inspection.settings().source(),
                    "the database has %,d large objects; they are not moved".formatted(objects),
                    "if tables refer to them, keep them in a bytea column before the migration: UPDATE <table> SET"
                            + " <bytea column> = lo_get(<oid column>); if nothing does: vacuumlo"));
        }
    }
}
