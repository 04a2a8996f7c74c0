package org.pg2citus.runner.check;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.stream.ChangeTopic;
import org.pg2citus.sink.change.TableId;

/** The largest rows, by a sample, against the largest record that the topic takes. */
final class RowSizeCheck implements Check {

    /** A change carries the row before and after it, each as text. */
    private static final long LARGEST_ROW_BYTES = ChangeTopic.MAX_RECORD_BYTES / 2;

    /** Smaller tables cannot hold such a row: PostgreSQL's compression saves at most 99 % of it. */
    private static final long LEAST_TABLE_BYTES = LARGEST_ROW_BYTES / 100;

    private static final long SAMPLED_ROWS = 10_000;
    private static final int LONGEST_MS = 5_000;

    @Override
    public void run(Inspection inspection, Consumer<Finding> findings) throws SQLException {
        for (Table table : inspection.included()) {
            if (table.sizeBytes() < LEAST_TABLE_BYTES || !table.access().canSelect()) {
                continue;
            }
            OptionalLong largest = largest(inspection.source(), table);
            if (largest.isPresent() && largest.getAsLong() > LARGEST_ROW_BYTES / 2) {
                boolean tooLarge = largest.getAsLong() > LARGEST_ROW_BYTES;
                String message =
                        "a sampled row is %,d MB as text; with its old values, a record of the topic holds %,d MB of it"
                                .formatted(largest.getAsLong() >> 20, LARGEST_ROW_BYTES >> 20);
                String remedy = "leave the table out with --exclude-tables %s, and move it while nobody writes it"
                        .formatted(table.id());
                findings.accept(
                        tooLarge
                                ? Finding.error("PF028", "table " + table.id(), message, remedy)
                                : Finding.warning("PF028", "table " + table.id(), message, remedy));
            }
        }
    }

    /** Empty when the sample took too long: the check must not become a load of its own. */
    private static OptionalLong largest(Connection source, Table table) throws SQLException {
        double percent = table.estimatedRows() <= SAMPLED_ROWS ? 100 : 100.0 * SAMPLED_ROWS / table.estimatedRows();
        source.setAutoCommit(false);
        try (Statement statement = source.createStatement()) {
            statement.execute("SET LOCAL statement_timeout = " + LONGEST_MS);
            // Column by column: the length of a stored text is known without reading it.
            String size = table.columns().stream()
                    .map(column ->
                            "coalesce(octet_length(%s::text), 0)::bigint".formatted(TableId.quote(column.name())))
                    .collect(Collectors.joining(" + "));
            Optional<String> bytes = Query.texts(
                            source,
                            "SELECT coalesce(max(%s), 0) FROM %s TABLESAMPLE SYSTEM (%s)"
                                    .formatted(size, table.id().toSql(), Double.toString(percent)))
                    .stream()
                    .findFirst();
            return bytes.map(text -> OptionalLong.of(Long.parseLong(text))).orElseGet(OptionalLong::empty);
        } catch (SQLException e) {
            // 57014: the time is over. 54000: the text is longer than PostgreSQL can make it at all.
            if ("57014".equals(e.getSQLState())) {
                return OptionalLong.empty();
            }
            if ("54000".equals(e.getSQLState())) {
                return OptionalLong.of(1L << 30);
            }
            throw e;
        } finally {
            source.rollback();
            source.setAutoCommit(true);
        }
    }
}
