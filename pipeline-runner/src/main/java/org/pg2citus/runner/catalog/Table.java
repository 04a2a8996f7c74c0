package org.pg2citus.runner.catalog;

import java.util.List;
import java.util.Optional;
import org.pg2citus.sink.change.TableId;

/**
 * A table: ordinary, or the root of a partitioned one.
 *
 * @param unlogged its changes are not in the WAL
 * @param rowSecurity policies may hide rows from us
 * @param hasIdentity updates and deletes carry what identifies the row: a primary key, an index chosen for it, or FULL;
 *     of a partitioned table, every partition has it
 * @param identityColumns the columns of the key or of the chosen index; with FULL, all columns
 * @param foreignPartitions partitions on other servers
 * @param estimatedRows the planner's estimate
 * @param sizeBytes of the heap and its TOAST, with all partitions
 */
public record Table(
        TableId id,
        boolean partitioned,
        boolean unlogged,
        boolean rowSecurity,
        boolean hasIdentity,
        List<String> identityColumns,
        List<String> foreignPartitions,
        long estimatedRows,
        long sizeBytes,
        Access access,
        List<Column> columns) {

    /**
     * What the session's role may do.
     *
     * @param owns is a member of the owning role, as a publication needs it
     */
    public record Access(boolean owns, boolean canSelect, boolean canWrite) {}

    public Table {
        identityColumns = List.copyOf(identityColumns);
        foreignPartitions = List.copyOf(foreignPartitions);
        columns = List.copyOf(columns);
    }

    public Optional<Column> column(String name) {
        return columns.stream().filter(column -> column.name().equals(name)).findFirst();
    }

    /** The columns that are copied: all but the generated ones. */
    public List<String> copiedColumns() {
        return columns.stream()
                .filter(column -> !column.generated())
                .map(Column::name)
                .toList();
    }
}
