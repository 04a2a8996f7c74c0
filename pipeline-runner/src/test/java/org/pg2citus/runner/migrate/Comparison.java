package org.pg2citus.runner.migrate;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.List;

/** Compares tables of two databases, row for row. */
final class Comparison {

    private Comparison() {}

    static void assertEqual(String sourceUrl, String targetUrl, String... tables) throws SQLException {
        for (String table : tables) {
            String sql = "SELECT row(t.*)::text FROM %s t".formatted(table);
            List<String> source = TestDatabases.query(sourceUrl, sql);
            List<String> target = TestDatabases.query(targetUrl, sql);
            assertThat(target.stream().sorted().toList())
                    .as("rows of " + table)
                    .isEqualTo(source.stream().sorted().toList());
        }
    }
}
