package org.pg2citus.sink.apply;

import static org.pg2citus.sink.change.TableId.quote;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pg2citus.sink.catalog.TargetColumn;
import org.pg2citus.sink.catalog.TargetTable;

/**
 * Updates many whole rows of a distributed table in two statements for all its shards: a COPY into a table of the sink's
 * own that is colocated with it, and an INSERT from there that finds each row already in its place.
 *
 * <p>Not an UPDATE with a join: the workers' planner would read whole shards for that. A row that the INSERT did put in,
 * because it was not there, is told by its xmax, which a row that was there has and a new one has not.
 */
final class Stage {

    /** Below, statements for one shard each are as fast. */
    static final int MIN_ROWS = 500;

    /** What lies in the stage is read with each batch, so it is emptied now and then; each time costs some 50 ms. */
    static final int FULL_ROWS = 25_000;

    /** A name that no column of a source is likely to have; a table with one is not staged. */
    private static final String BATCH = "pg2citus batch";

    private final Session session;
    private final TargetTable table;
    private final String name;
    private long rows;
    private long batch;

    /** @param name the stage's, as it is written in SQL */
    Stage(Session session, TargetTable table, String name) {
        this.session = session;
        this.table = table;
        this.name = name;
    }

    TargetTable table() {
        return table;
    }

    boolean isFull() {
        return rows >= FULL_ROWS;
    }

    /** What must hold of a table, whatever the updates are. */
    static boolean suits(TargetTable table) {
        return table.distributionColumn().isPresent()
                && !table.partitioned()
                && !table.hasChildren()
                && !table.columns().containsKey(BATCH)
                && table.columns().values().stream().noneMatch(TargetColumn::alwaysIdentity);
    }

    /** True when these updates write whole rows and leave what they are found by: an INSERT can then stand for them. */
    boolean takes(List<TargetColumn> match, List<TargetColumn> set, int count) {
        Set<String> matched = names(match);
        Set<String> written = names(set);
        Set<String> all = new HashSet<>(matched);
        all.addAll(written);
        return count >= MIN_ROWS
                && rows < FULL_ROWS
                && !set.isEmpty()
                && matched.stream().noneMatch(written::contains)
                && all.containsAll(names(table.writableColumns()))
                && table.uniqueIndexes().stream()
                        .anyMatch(index ->
                                index.allowsOneRowOf(matched) && index.columns().equals(matched));
    }

    /** Makes the table, and throws away what an earlier session left in one of that name. Not inside a transaction. */
    void create() throws SQLException {
        String columns = Stream.concat(
                        Stream.of(quote(BATCH) + " bigint NOT NULL"),
                        table.writableColumns().stream().map(column -> quote(column.name()) + " " + column.type()))
                .collect(Collectors.joining(", "));
        session.execute("DROP TABLE IF EXISTS " + name);
        session.execute("CREATE UNLOGGED TABLE %s (%s)".formatted(name, columns));
        session.execute("SELECT create_distributed_table('%s', '%s', colocate_with => '%s')"
                .formatted(
                        literal(name),
                        literal(table.distributionColumn().orElseThrow()),
                        literal(table.id().toSql())));
    }

    /** Not inside a transaction: under the replica role Citus truncates nothing, and says nothing. */
    void empty() throws SQLException {
        session.execute("TRUNCATE " + name);
        rows = 0;
    }

    /**
     * Updates the rows, whose values are those of {@code match} and then those of {@code set}.
     *
     * @return false when not all of them were there: the transaction then has rows that must not be, and is to be rolled
     *     back to before this call
     */
    boolean update(List<TargetColumn> match, List<TargetColumn> set, List<? extends ClientRow<?>> updates)
            throws SQLException {
        batch++;
        rows += updates.size();
        List<String> columns = new ArrayList<>();
        Stream.concat(match.stream(), set.stream()).forEach(column -> columns.add(quote(column.name())));
        new CopyStream(session)
                .send(
                        "COPY %s (%s, %s) FROM STDIN".formatted(name, quote(BATCH), String.join(", ", columns)),
                        updates,
                        (row, line) -> {
                            line.append(batch);
                            for (String value : row.values()) {
                                line.append('\t');
                                CopyText.append(line, value);
                            }
                        });
        return updateFromStage(columns, match, set, updates.size());
    }

    private boolean updateFromStage(List<String> columns, List<TargetColumn> match, List<TargetColumn> set, int count)
            throws SQLException {
        String list = String.join(", ", columns);
        String sql = ("INSERT INTO %s AS t (%s) SELECT %s FROM %s WHERE %s = %d ON CONFLICT (%s) DO UPDATE SET %s"
                        + " RETURNING t.xmax = 0")
                .formatted(
                        table.toSql(),
                        list,
                        list,
                        name,
                        quote(BATCH),
                        batch,
                        match.stream().map(column -> quote(column.name())).collect(Collectors.joining(", ")),
                        set.stream()
                                .map(column -> "%s = excluded.%s".formatted(quote(column.name()), quote(column.name())))
                                .collect(Collectors.joining(", ")));
        int updated = 0;
        try (Statement statement = session.connection().createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                if (row.getBoolean(1)) {
                    return false;
                }
                updated++;
            }
        }
        return updated == count;
    }

    private static Set<String> names(List<TargetColumn> columns) {
        return columns.stream().map(TargetColumn::name).collect(Collectors.toSet());
    }

    private static String literal(String text) {
        return text.replace("'", "''");
    }
}
