package org.pg2citus.runner.schema;

import java.util.List;
import java.util.Optional;
import org.pg2citus.sink.change.TableId;

/**
 * What becomes of every table.
 *
 * @param shardCount of each colocation group; empty for what the target's {@code citus.shard_count} says
 */
public record SchemaPlan(Optional<Integer> shardCount, List<TablePlan> tables) {

    public SchemaPlan {
        tables = List.copyOf(tables);
    }

    Optional<TablePlan> of(TableId table) {
        return tables.stream().filter(plan -> plan.table().equals(table)).findFirst();
    }

    /** The same tables without anything of Citus: how they are on plain PostgreSQL. */
    SchemaPlan allLocal() {
        return new SchemaPlan(
                Optional.empty(),
                tables.stream().map(plan -> TablePlan.local(plan.table())).toList());
    }

    boolean usesCitus() {
        return tables.stream().anyMatch(plan -> plan.kind() != TableKind.LOCAL);
    }
}
