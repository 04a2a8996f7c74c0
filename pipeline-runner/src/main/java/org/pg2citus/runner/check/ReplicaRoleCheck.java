package org.pg2citus.runner.check;

import java.sql.SQLException;
import java.util.List;
import java.util.function.Consumer;
import org.pg2citus.sink.change.TableId;

/** Foreign keys and triggers on the target, and whether we may switch them off for the copy. */
final class ReplicaRoleCheck implements Check {

    @Override
    public void run(Inspection inspection, Consumer<Finding> findings) throws SQLException {
        var target = inspection.target();
        if (ReplicaRole.isPermitted(target)) {
            return;
        }
        List<String> guarded = Query.texts(
                target,
                """
                SELECT DISTINCT format('%s.%s', n.nspname, c.relname)
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE EXISTS (SELECT FROM pg_constraint f WHERE f.conrelid = c.oid AND f.contype = 'f')
                   OR EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal
                              AND t.tgenabled IN ('O', 'A'))
                ORDER BY 1""");
        for (var table : inspection.included()) {
            if (guarded.contains(table.id().toString())) {
                findings.accept(Finding.warning(
                        "PF061",
                        "table " + table.id(),
                        "the target has foreign keys or triggers on it, and role %s may not switch them off while"
                                        .formatted(
                                                inspection.settings().target().user())
                                + " copying: tables are then copied one after the other, parents first, and triggers"
                                + " fire",
                        "on every node: GRANT SET ON PARAMETER session_replication_role TO %s;"
                                .formatted(TableId.quote(
                                        inspection.settings().target().user()))));
            }
        }
    }
}
